"""The front door: HTTP, Slack, the case page, the command line and the clock. It translates and never decides."""
