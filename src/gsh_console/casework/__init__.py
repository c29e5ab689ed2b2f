"""What a practitioner does: open the store, list, open a contact, record, sign, hand out, send. No screen in it."""
