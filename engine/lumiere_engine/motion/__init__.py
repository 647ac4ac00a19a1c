"""How the picture moves, and what one frame can lend another: flow, alignment, borrowing."""
