-- Copyright 2026 The Neume authors
-- SPDX-License-Identifier: ISC
--
-- ardour.lua record SESSION SECONDS
--     make a session whose track Voice has recorded that much silence
-- ardour.lua take SESSION SECONDS NOTES.csv
--     put the plugin on that track, play it, record what the plugin sends on a
--     MIDI track, and write those notes to a file
--
-- For Ardour's Lua interpreter, with the backend that has no device.

local what, folder, seconds, csv = arg[1], arg[2], tonumber(arg[3]), arg[4]
local rate = 48000
local user = ARDOUR.TransportRequestSource.TRS_UI

-- Faster than a clock, as fast as the machine is: it is in no hurry either
local backend = AudioEngine:set_backend("None (Dummy)", "", "")
backend:set_device_name("Silence")
backend:set_driver("20x Speed")

-- Requests are carried out by another thread
local function wait_until(name, holds)
	for _ = 1, 600 do
		if holds() then
			return
		end
		ARDOUR.LuaAPI.usleep(50000)
	end
	error("waited in vain: " .. name)
end

local function turn(name, control, value)
	control:set_value(value, PBD.GroupControlDisposition.NoGroup)
	wait_until(name, function() return control:get_value() == value end)
end

local function arm(track, value)
	turn("armed", track:rec_enable_control(), value)
end

local function roll(session)
	session:maybe_enable_record(true)
	session:request_roll(user)
	wait_until("rolled", function()
		return session:transport_sample() >= seconds * rate
	end)
	assert(session:actively_recording(), "nothing is recorded")
	session:request_stop(false, false, user)
	wait_until("stopped", function()
		return session:transport_stopped() and not session:actively_recording()
	end)
end

-- Set a control of a plugin to a value: controls are counted by themselves
local function set(processor, label, value)
	local plugin = processor:to_insert():plugin(0)
	local n = 0
	for port = 0, plugin:parameter_count() - 1 do
		if plugin:parameter_is_control(port) then
			if plugin:parameter_label(port) == label then
				assert(ARDOUR.LuaAPI.set_processor_param(processor, n, value))
				return
			end
			n = n + 1
		end
	end
	error("no control " .. label)
end

local function record()
	local session = create_session(folder, "neume", rate)
	assert(session, "no session")
	local voice = session:new_audio_track(1, 1, nil, 1, "Voice",
		ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true):front()
	arm(voice, 1)
	roll(session)
	arm(voice, 0)
	session:save_state("")
end

local function write_notes(track)
	local map = Temporal.TempoMap.read()
	local file = assert(io.open(csv, "w"))
	file:write("onset,offset,midi,velocity\n")
	for region in track:to_track():playlist():region_list():iter() do
		local start = region:position():samples()
		local model = region:to_midiregion():model()
		for note in ARDOUR.LuaAPI.note_list(model):iter() do
			-- At one tempo a length is a time like any other
			local onset = start + map:sample_at_beats(note:time())
			local length = map:sample_at_beats(note:length())
			file:write(string.format("%.6f,%.6f,%d,%d\n", onset / rate,
				(onset + length) / rate, note:note(), note:velocity()))
		end
	end
	file:close()
end

local function take()
	local session = load_session(folder, "neume")
	assert(session, "no session")
	local voice = session:route_by_name("Voice")

	local plugin = ARDOUR.LuaAPI.new_plugin(session, "urn:neume:voice-to-midi",
		ARDOUR.PluginType.LV2, "")
	assert(not plugin:isnil(), "no plugin")
	assert(voice:add_processor_by_index(plugin, 0, nil, true) == 0)
	assert(voice:output():n_ports():n_midi() == 1, "no MIDI leaves the track")
	set(plugin, "Monitor", 1) -- The tone is what an export can show

	local midi = ARDOUR.ChanCount(ARDOUR.DataType("midi"), 1)
	local notes = session:new_midi_track(midi, midi, true, ARDOUR.PluginInfo(),
		nil, nil, 1, "Notes", ARDOUR.PresentationInfo.max_order,
		ARDOUR.TrackMode.Normal, true):front()
	assert(notes:input():midi(0):connect(voice:output():midi(0):name()) == 0)
	arm(notes, 1)
	roll(session)
	arm(notes, 0)
	-- Else an export has the track send what comes in as well as what it has
	-- recorded, and grumbles about the order
	turn("monitored", notes:monitoring_control(),
		ARDOUR.MonitorChoice.MonitorDisk)
	write_notes(notes)
	session:save_state("")
end

if what == "record" then
	record()
else
	take()
end
close_session()
print("done")
