"""Pages of figures. Every figure opens to its rows."""
