"""`tars up`: one parent for everything that runs.

Promise: the database, the web server and the task worker start in order, each with a line that says so; what dies or
freezes is started again; whatever ends this process (Ctrl-C, SIGTERM, even SIGKILL) leaves nothing running, or the next
start finds it by the run's token and ends it first. One data folder has one supervisor (an flock).
"""
