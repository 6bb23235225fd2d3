-- After a yes: the reference of this call, once the bridge has laid it down as one recording and named it.
for _ = 1, @{waits} do
  local recording = session:getVariable("ouidire_say")
  if recording and recording ~= "" then
    session:streamFile(recording)
    return
  end
  if not session:ready() then return end
  session:sleep(100)
end
session:streamFile("@{sounds}/" .. (session:getVariable("ouidire_language") or "") .. "/no_reference.wav")
