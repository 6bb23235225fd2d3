"""The FreeSWITCH side: one dialplan context, two Lua scripts, and one user of the event socket."""
