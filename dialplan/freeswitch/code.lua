-- The code of a page, dialled at a telephone of staff. argv[1]: its digits. Whose telephone that is the bridge reads from
-- this channel, and what it answers is the name of a prompt.
local uuid = session:get_uuid()
session:setVariable("ouidire_told", "")
session:setVariable("ouidire_code", argv[1] or "")
local told = freeswitch.Event("CUSTOM", "ouidire::line")
told:addHeader("Ouidire-Leg", uuid)
told:addHeader("Ouidire-Did", "paired")
told:fire()
local answer, waited = "", 0
while answer == "" and waited < @{told_waits} and session:ready() do
  session:sleep(100)
  waited, answer = waited + 1, session:getVariable("ouidire_told") or ""
end
session:setVariable("ouidire_code", "")
if not answer:match("^[%w_]+$") then answer = "@{unavailable}" end
session:streamFile("@{sounds}/" .. (session:getVariable("ouidire_language") or "") .. "/" .. answer .. ".wav")
