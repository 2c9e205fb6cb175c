BEGIN TRANSACTION;
CREATE TABLE details (
	run INTEGER NOT NULL, 
	data BLOB NOT NULL, 
	PRIMARY KEY (run), 
	FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "details" VALUES(1,X'789CA5905D0A83301084AF52E639885AEC83572922D1AC180846F2A305C9DDBB69F504322FBB61F3CDEE1C307220E3D1BE3168A7D0094CDA103F1C90C52EB75CF859D6CD0B2DE4704F10D8F5A2ECCEFCE755F7DC544529E083D38A725B1675233092C99B6154F7C4AE368635860CA3E99E18E647EB72424B34464051A03168BBE4108FF326BE48FCA365CB5FB00292A736421B5CA413C2636599BA9478C3D5F731C79E2EA475FC37CC6C355BA3DAC7E751217D01AC48983A');
CREATE TABLE history_version (
	version INTEGER NOT NULL
);
INSERT INTO "history_version" VALUES(1);
CREATE TABLE runs (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	time TEXT NOT NULL, 
	run_id TEXT NOT NULL, 
	source TEXT NOT NULL, 
	host TEXT NOT NULL, 
	command TEXT NOT NULL, 
	"commit" TEXT NOT NULL, 
	tool_version TEXT NOT NULL, 
	board TEXT NOT NULL, 
	board_name TEXT NOT NULL, 
	chip TEXT NOT NULL, 
	reached TEXT NOT NULL, 
	firmware TEXT NOT NULL, 
	firmware_hash TEXT NOT NULL, 
	bundle TEXT NOT NULL, 
	model_sha256 TEXT NOT NULL, 
	frontend_sha256 TEXT NOT NULL, 
	settings_sha256 TEXT NOT NULL, 
	verdict TEXT NOT NULL, 
	report TEXT NOT NULL, 
	dirty BOOLEAN NOT NULL, 
	exit_code INTEGER NOT NULL, 
	built_with JSON NOT NULL, 
	reasons JSON NOT NULL, 
	figures JSON NOT NULL, 
	histograms JSON NOT NULL, 
	versions JSON NOT NULL
);
INSERT INTO "runs" VALUES(1,'2026-11-01T00:00:00.000Z','0000000000000000','hil','bench','hil --board virtual','0000000000000000000000000000000000000001','0.1.0','virtual','virtual','computer','a process','0.1.0','','birds','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc','pass','/nowhere',0,0,'{"compiler": "GCC 14.2.0"}','["the board vanished"]','{"total.p50": 1500.0, "total.p99": 1800.5, "arena": 12000.0, "detections": 4.0}','{"total": [[1448.15, 3], [1579.0, 1]]}','{"numpy": "1.26.4"}');
CREATE INDEX runs_by_bundle ON runs (bundle, id);
CREATE INDEX runs_by_subject ON runs (board, bundle, id);
COMMIT;
