"""One module a tab; each has ``build(room, whole)``, called inside the page that is being put together."""
