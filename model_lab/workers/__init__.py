"""The processes that models run in: host side, child side, the protocol between them, supervision and measurement."""
