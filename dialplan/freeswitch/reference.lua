-- After a yes: the reference of this call, once the bridge has laid it down as one recording and named it. A
-- star repeats it.
for _ = 1, @{waits} do
  local recording = session:getVariable("ouidire_say")
  if recording and recording ~= "" then
    for _ = 0, @{repeats} do
      session:setVariable("playback_terminator_used", "")
      session:execute("playback", recording)
      if session:getVariable("playback_terminator_used") ~= "*" then return end
    end
    return
  end
  if not session:ready() then return end
  session:sleep(100)
end
session:streamFile("@{sounds}/" .. (session:getVariable("ouidire_language") or "") .. "/no_reference.wav")
