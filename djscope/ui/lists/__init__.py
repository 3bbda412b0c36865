"""Lists as data, one file per kind of row: columns, rows, and what a row opens."""
