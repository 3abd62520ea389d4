"""The engine: it runs wget for the jobs of the queue, with QtCore and asyncio, without widgets."""
