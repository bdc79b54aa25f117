// Streams users and orders from a wal2json slot to Segment, up to END_LSN: what a careful user would
// write with the two usual libraries. README.md says how it is run and what its settings are worth.
import net from 'node:net';
import { Analytics } from '@segment/analytics-node';
import { LogicalReplicationService, Wal2JsonPlugin } from 'pg-logical-replication';
import { Ledger, lsnOf, textOf } from './ledger.mjs';

const kEventsInBatch = 500;
const kFlushIntervalMs = 100;
const kEventsInFlight = 1500;
const kStatusMs = 1000; // what is read again after a crash, besides what was in flight

function setting(name, otherwise) {
  const text = process.env[name] ?? otherwise;
  if (text) return text;
  console.error(`stream.mjs: ${name} is not set; README.md lists what it needs`);
  process.exit(2);
}

// What failed was not acknowledged: the next run reads it again.
function fail(error) {
  console.error('stream.mjs:', error);
  process.exit(1);
}

const end = lsnOf(setting('END_LSN'));
const slot = setting('SLOT');
const ledger = new Ledger();
let rows = 0;
let events = 0;
let finishing = false;

// Ours, so that it can be paused. The library's flowControl pauses too, but lets heartbeats overtake
// rows that it has queued, and a heartbeat may then be taken for the end of what it overtook.
const socket = new net.Socket();
const source = new LogicalReplicationService(
  { connectionString: setting('DATABASE_URL'), options: '-c TimeZone=UTC', stream: socket },
  // Its timer acknowledges what was received, accepted or not, even with `auto: false`.
  { acknowledge: { auto: false, timeoutSeconds: 0 } },
);
const plugin = new Wal2JsonPlugin({
  formatVersion: '2',
  addTables: 'public.users,public.orders',
  actions: 'insert,update',
  includeTimestamp: true,
  includeTypes: false,
});
const analytics = new Analytics({
  writeKey: setting('WRITE_KEY', 'key'),
  host: setting('ENDPOINT'),
  flushAt: kEventsInBatch,
  flushInterval: kFlushIntervalMs,
});

// `acknowledge` confirms the byte after the one it is given: a transaction that commits there would
// be passed over.
async function report() {
  if (ledger.position > 0n) await source.acknowledge(textOf(ledger.position - 1n));
}

// "2024-01-01 00:00:00.5+00", as a session in UTC writes it, as Segment wants it.
function isoOf(timestamp) {
  return timestamp && `${timestamp.slice(0, 10)}T${timestamp.slice(11, -3)}Z`;
}

// The events of ../shop_mapping.hpp.
function send({ table, timestamp, columns }) {
  const row = {};
  for (const { name, value } of columns) row[name] = value;
  const call = { messageId: ledger.sent(), timestamp: new Date(timestamp) };
  if (table === 'users') {
    const { id, email, name, plan, created_at } = row;
    const traits = { email, name, plan, created_at: isoOf(created_at) };
    analytics.identify({ ...call, userId: String(id), traits });
  } else {
    const { id, user_id, product, amount, currency, created_at } = row;
    const properties = { order_id: id, product, amount, currency, created_at: isoOf(created_at) };
    analytics.track({ ...call, userId: String(user_id), event: 'Order Placed', properties });
  }
}

// These come at once; the callback of `track` comes no sooner than 300 ms after the call.
function accepted({ event }) {
  events += 1;
  ledger.accepted(event.messageId);
  if (socket.isPaused() && ledger.inFlight <= kEventsInFlight / 2) socket.resume();
}

async function reached(lsn) {
  if (lsn < end || finishing) return;
  finishing = true;
  socket.pause();
  await analytics.closeAndFlush();
  if (ledger.inFlight > 0) throw new Error(`${ledger.inFlight} events were not accepted in time`);
  await report();
  clearInterval(statusTimer);
  await source.stop();
  console.log(JSON.stringify({ rows, events }));
  process.exit(0);
}

analytics.on('identify', accepted);
analytics.on('track', accepted);
analytics.on('error', ({ code, reason }) => fail(reason ?? code));
source.on('error', fail);
source.on('data', (lsn, message) => {
  if (message.action === 'B') {
    ledger.begin(lsn);
  } else if (message.action === 'C') {
    ledger.commit(lsnOf(lsn));
    reached(lsnOf(lsn)).catch(fail);
  } else if (message.columns && !finishing) {
    rows += 1;
    send(message);
    if (ledger.inFlight >= kEventsInFlight) socket.pause();
  }
});
source.on('heartbeat', (text, _time, answer) => {
  const lsn = lsnOf(text);
  const between = ledger.idle(lsn);
  if (answer) report().catch(fail);
  if (between) reached(lsn).catch(fail);
});
const statusTimer = setInterval(() => report().catch(fail), kStatusMs);

await source.subscribe(plugin, slot).catch(fail);
if (!finishing) fail(new Error('the server ended the stream'));
