import asyncio
async def test_a(): await asyncio.sleep(0)
