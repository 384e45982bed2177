"""Tables as files: .xlsx and CSV, read with suspicion and written for people who live in Excel.

Nothing here knows what the rows mean. `reading.read` gives a grid of values from bytes that anybody
may have sent, or raises `Refused` in words; `cells` turns values into what a column means;
`writing` makes the files.
"""
