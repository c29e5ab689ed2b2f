"""The encrypted local store: keys, connections, tables, migrations, and one room for each kind of row."""
