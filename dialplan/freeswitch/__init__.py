"""The FreeSWITCH side: one dialplan context, Lua scripts, and one user of the event socket."""
