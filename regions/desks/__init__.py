"""April: a desk goes to a successor (`handover`), and who comes in is looked at (`review`)."""
