"""PostgreSQL and Valkey from their wheels, on unix sockets: for the demo, tests and benches.

`python -m config.local.engines -- COMMAND …` gives one command a throw-away pair.

One clone keeps everything in one folder: `var/engines`, or `/var/tmp/tsumugi-<hash of the clone>`
with `var/engines` as a link to it. The second is needed where a socket's path would not fit
(107 bytes is the system's limit), and for root: PostgreSQL refuses to run as root, so it runs as
nobody, who may be unable to enter the clone at all. Inside, `demo/` is kept from one start to the
next, `once-…/` belongs to one test run, and `migrated/` is what such a run begins with.
"""
