import { unlessAborted } from "../bytes/unless_aborted.ts";
import { isKind } from "../errors.ts";

/** How long a pool does not ask for more connections than the server was willing to give. */
const REFUSED_MS = 60_000;

/** How a pool makes, judges and ends connections. */
export interface PoolOptions<Connection> {
  /** Makes a connection, or throws an error of the store; within a bounded time, and soon after the signal. */
  connect(signal: AbortSignal): Promise<Connection>;
  /** Whether the connection can serve another call; asked each time. */
  isUsable(connection: Connection): boolean;
  /** Ends the connection; resolves when its socket is closed, in bounded time. Never throws. */
  end(connection: Connection): Promise<void>;
  /** Most connections at the same time. */
  readonly connectionsMax: number;
  /** Most calls that one connection serves at the same time. */
  readonly callsMax: number;
  /** After how long without a call a connection is ended. */
  readonly idleMs: number;
}

/** A place on a connection of a {@link ConnectionPool}. */
export interface Lease<Connection> {
  readonly connection: Connection;
  /** Gives the place back. Only the first call counts. */
  release(): void;
}

/** A bounded number of connections that calls share. */
export interface ConnectionPool<Connection> {
  /** A place on a connection: an idle one, else a new one, else the one with the fewest calls; waits where there is none.
   *  Throws `error()` as soon as the signal is aborted, and what `connect` threw when there is no connection at all. */
  take(options: {
    readonly signal?: AbortSignal | undefined;
    readonly error: () => Error;
  }): Promise<Lease<Connection>>;
  /** Ends all connections, also those with calls. Nothing may be taken afterwards. */
  close(): Promise<void>;
}

interface Member<Connection> {
  readonly connection: Connection;
  calls: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

interface Waiter<Connection> {
  readonly resolve: (lease: Lease<Connection>) => void;
  readonly reject: (error: unknown) => void;
  isGone: boolean;
}

/** A {@link ConnectionPool}. A server that refuses one more connection while others are open sets the bound for a minute: its clients wait
 *  for those there are, and nothing fails. */
export function connectionPool<Connection>(options: PoolOptions<Connection>): ConnectionPool<Connection> {
  const { connect, isUsable, end, connectionsMax, callsMax, idleMs } = options;
  const members = new Set<Member<Connection>>();
  const ending = new Set<Promise<void>>();
  const closing = new AbortController();
  let waiters: Waiter<Connection>[] = [];
  let connecting = 0;
  let bound = connectionsMax;
  let boundUntil = 0;

  const drop = (member: Member<Connection>) => {
    members.delete(member);
    clearTimeout(member.timer);
    const ended = end(member.connection).finally(() => ending.delete(ended));
    ending.add(ended);
  };
  const lease = (member: Member<Connection>): Lease<Connection> => {
    let held = true;
    member.calls += 1;
    clearTimeout(member.timer);
    return {
      connection: member.connection,
      release() {
        if (!held) return;
        held = false;
        member.calls -= 1;
        if (member.calls === 0 && members.has(member)) {
          member.timer = setTimeout(() => drop(member), idleMs);
          // An idle connection is no reason to go on.
          member.timer.unref();
        }
        serve();
      },
    };
  };
  const connectOne = async () => {
    connecting += 1;
    try {
      const connection = await connect(closing.signal);
      connecting -= 1;
      const member = { connection, calls: 0, timer: undefined };
      members.add(member);
      if (closing.signal.aborted) drop(member);
      // Nobody may want it any more.
      else lease(member).release();
    } catch (error) {
      connecting -= 1;
      const inUse = members.size + connecting;
      const isRefusal = isKind(error, "Unreachable", "Throttled", "TimedOut");
      if (isRefusal && inUse > 0) {
        bound = inUse;
        boundUntil = Date.now() + REFUSED_MS;
      } else {
        for (const waiter of waiters.splice(0)) waiter.reject(error);
      }
      serve();
    }
  };
  const serve = () => {
    waiters = waiters.filter((waiter) => !waiter.isGone);
    for (const member of members) {
      if (member.calls === 0 && !isUsable(member.connection)) drop(member);
    }
    while (waiters.length > 0) {
      const usable = [...members].filter(({ connection, calls }) => calls < callsMax && isUsable(connection));
      usable.sort((left, right) => left.calls - right.calls);
      const [best] = usable;
      const limit = Date.now() < boundUntil ? Math.min(bound, connectionsMax) : connectionsMax;
      if (best?.calls !== 0) {
        if (connecting < waiters.length && members.size + connecting < limit) {
          void connectOne();
          continue;
        }
        if (best === undefined && connecting === 0) dropHung();
        if (best === undefined || waiters.length <= connecting) return;
      }
      waiters.shift()?.resolve(lease(best));
    }
  };
  /** Where every place is taken by connections that do not answer, one of them has to go. */
  const dropHung = () => {
    for (const member of members) {
      if (isUsable(member.connection)) continue;
      drop(member);
      void connectOne();
      return;
    }
  };

  return {
    async take({ signal, error }) {
      const { promise, resolve, reject } = Promise.withResolvers<Lease<Connection>>();
      const waiter = { resolve, reject, isGone: false };
      try {
        return await unlessAborted(
          () => {
            waiters.push(waiter);
            serve();
            return promise;
          },
          { signal, error },
        );
      } catch (failure) {
        waiter.isGone = true;
        // The place may have come in the very moment of the abort.
        promise.then((late) => late.release()).catch(() => {});
        throw failure;
      }
    },
    async close() {
      closing.abort();
      for (const member of members) drop(member);
      await Promise.all(ending);
    },
  };
}
