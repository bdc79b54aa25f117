// What may be acknowledged: the end of the last transaction before which, and in which, every event
// was accepted. Events are accepted in any order, since several requests are under way at a time.

export function lsnOf(text) {
  const [high, low] = text.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

export function textOf(lsn) {
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xffffffffn).toString(16)}`.toUpperCase();
}

export class Ledger {
  position = 0n;
  #transactions = []; // oldest first; the last one may be open
  #open;
  #waiting = new Map(); // messageId → its transaction

  begin(name) {
    this.#open = { name, end: undefined, events: 0, missing: 0 };
    this.#transactions.push(this.#open);
  }

  // A messageId that is the same when the transaction is read again, so that Segment drops what it
  // has already.
  sent() {
    const messageId = `${this.#open.name}-${this.#open.events}`;
    this.#open.events += 1;
    this.#open.missing += 1;
    this.#waiting.set(messageId, this.#open);
    return messageId;
  }

  commit(end) {
    this.#open.end = end;
    this.#open = undefined;
    this.#advance();
  }

  accepted(messageId) {
    const transaction = this.#waiting.get(messageId);
    this.#waiting.delete(messageId);
    transaction.missing -= 1;
    if (transaction.missing === 0) this.#advance();
  }

  // The server says that it has sent all that lies before `position`. False in the middle of a
  // transaction, where that can't be used.
  idle(position) {
    if (this.#open) return false;
    this.#transactions.push({ end: position, missing: 0 });
    this.#advance();
    return true;
  }

  get inFlight() {
    return this.#waiting.size;
  }

  #advance() {
    let done = 0;
    while (done < this.#transactions.length && this.#isDone(this.#transactions[done])) done += 1;
    if (done === 0) return;
    const { end } = this.#transactions[done - 1];
    if (end > this.position) this.position = end; // a heartbeat may name an older one
    this.#transactions.splice(0, done);
  }

  #isDone({ end, missing }) {
    return end !== undefined && missing === 0;
  }
}
