package operate

// Commands are the commands that operate a running server. The tags are kong's.
type Commands struct {
	Status      StatusCommand      `cmd:"" help:"Show a running server in short."`
	Healthy     HealthyCommand     `cmd:"" help:"End with code 0 if a running server is ready for clients, for health checks of containers."`
	Top         TopCommand         `cmd:"" help:"Show a running server and its busiest rooms, live."`
	Nodes       NodesCommand       `cmd:"" help:"List the servers that share rooms with a running one."`
	Rooms       RoomsCommand       `cmd:"" help:"List the rooms of a running server."`
	Room        RoomCommand        `cmd:"" help:"Show a room of a running server, and who is there."`
	Connections ConnectionsCommand `cmd:"" help:"List the connections to a running server."`
	Lock        LockCommand        `cmd:"" help:"Refuse all writing in a room."`
	Unlock      UnlockCommand      `cmd:"" help:"Accept writing in a room again."`
	Locks       LocksCommand       `cmd:"" help:"List the rooms that are locked."`
	Kick        KickCommand        `cmd:"" help:"Close the connections of a user, or one connection."`
	Bans        BansCommand        `cmd:"" help:"List the users who are kept out."`
	Unban       UnbanCommand       `cmd:"" help:"Let a user in again."`
	Notice      NoticeCommand      `cmd:"" help:"Send a notice to everybody, or to the people in a room."`
	Events      EventsCommand      `cmd:"" help:"Print what happens on a running server."`
	Save        SaveCommand        `cmd:"" help:"Store a snapshot of a room now."`
	Refresh     RefreshCommand     `cmd:"" help:"Fetch the record of a room from CivicPress at once."`
	Evict       EvictCommand       `cmd:"" help:"Save a room and unload it; its clients come back."`
	Delete      DeleteCommand      `cmd:"" help:"Delete a document for good, with its versions."`
	Undelete    UndeleteCommand    `cmd:"" help:"Let a document that was deleted be begun again."`
	LogLevel    LogLevelCommand    `cmd:"" help:"Show or change the levels of a running server's log."`
	Webhooks    WebhooksCommand    `cmd:"" help:"Show and steer the webhooks of a running server."`
	Reload      ReloadCommand      `cmd:"" help:"Make a running server read its configuration again."`
	Drain       DrainCommand       `cmd:"" help:"Shut a running server down."`
}
