"""What the panel knows, without a widget: QtCore and QtNetwork alone."""
