"""One module per tab; each has ``build(context, whole)``, called while the page is built."""
