import { expect } from "chai";
import { Interface, type Result, type Signer } from "ethers";
import { after, before, describe, it } from "mocha";

import { POOL_ABI } from "../../localnet/place/uniswap.ts";
import { startTwin, type Twin } from "../../localnet/twin.ts";
import {
  aaveHedgeContract,
  artifacts,
  erc20Contract,
  lensContract,
  policyContract,
  vaultInterface,
} from "../../sdk/chain/contracts.ts";
import { applyEvent, newReplay, replay } from "../../sdk/chain/replay.ts";
import { readVaultLogs } from "../../sdk/chain/replayLogs.ts";
import {
  bucketsAt,
  claimableSharesOf,
  headSettledSharesOf,
  InconsistentLogError,
  LogOrderError,
  queueTailOf,
  ReplayError,
  type ReplayedVault,
  sharesOf,
  UnknownEventError,
  type VaultLog,
} from "../../sdk/chain/replayState.ts";
import { ReadError, type RpcSender } from "../../sdk/chain/snapshot.ts";
import { createRandomLife, type RandomLife } from "./randomLife.ts";
import { createVaultWorld, quoteUnits, type VaultWorld } from "./world.ts";

const ACTIONS_BETWEEN_CHECKS = 25;
const ZERO = `0x${"0".repeat(40)}`;

/** Everything a world's logs came to, and where to go on. */
interface Follower {
  readonly logs: VaultLog[];
  state: ReplayedVault;
  nextBlock: number;
}

describe("replaying a vault's events", () => {
  for (const [baseIsToken0, seed, rounds] of [
    [false, 20261122, 14],
    [true, 7, 6],
  ] as const) {
    describe(`base is token${baseIsToken0 ? 0 : 1}`, () => {
      let twin: Twin;
      let world: VaultWorld;
      let life: RandomLife;
      let follower: Follower;
      let provider: RpcSender;

      before(async () => {
        twin = await startTwin({ priceUsdcPerWeth: 2_500 });
        provider = twin.ethers.provider;
        const market = baseIsToken0
          ? await twin.createMarket({ baseDecimals: 8, quoteDecimals: 18, baseIsToken0 })
          : twin.market;
        const born = await twin.ethers.provider.getBlockNumber();
        world = await createVaultWorld(twin, { market, policy: { exitDelaySeconds: 600n } });
        const people = (await twin.ethers.getSigners()).slice(3, 9) as Signer[];
        life = createRandomLife(world, people, seed);
        follower = { logs: [], state: newReplay(world.addresses), nextBlock: born + 1 };
        await world.deposit(world.alice, "1000000");
        await world.tick();
      });
      after(async () => {
        await twin.close();
      });

      /** Reads on from the last time, as an indexer does, and compares with the chain. */
      const follow = async (): Promise<void> => {
        const head = await twin.ethers.provider.getBlockNumber();
        const { liquidity, hedges } = follower.state;
        const adapters = [...(liquidity === undefined ? [] : [liquidity]), ...hedges.map(({ hedge }) => hedge)];
        const more = await readVaultLogs(provider, { ...world.addresses, adapters }, follower.nextBlock, head, {
          chunkBlocks: 97,
        });
        follower.state = replay(more, follower.state);
        follower.logs.push(...more);
        follower.nextBlock = head + 1;
        await expectSameAsChain(world, life, follower.state);
      };

      const special: readonly (readonly [string, () => Promise<void>])[] = [
        ["a second hedge comes and is replaced", async () => (await life.addHedge(), await life.replaceHedge())],
        ["the liquidity moves to a fresh adapter", async () => await life.replaceLiquidity()],
        ["a stranger hedges", async () => await life.hedgeWithoutKeeper()],
        ["the hedge is liquidated, debt remaining", async () => await life.liquidate(baseIsToken0 ? 4 : 2.5)],
        ["places of cancelled requests are passed, and crumbs settled", async () => await life.passPlaces()],
        ["the second hedge goes", async () => await life.dropHedge()],
      ];
      for (let round = 0; round < rounds; round++) {
        it(`says what the chain says, ${(round + 1) * ACTIONS_BETWEEN_CHECKS} random actions on`, async () => {
          for (let i = 0; i < ACTIONS_BETWEEN_CHECKS; i++) await life.step();
          await follow();
        });
        for (const [what, act] of special.slice(
          Math.floor((round * special.length) / rounds),
          Math.floor(((round + 1) * special.length) / rounds),
        )) {
          it(`says what the chain says when ${what}`, async () => {
            await act();
            await follow();
          });
        }
      }

      it("says what the chain says when everybody left", async () => {
        await life.end();
        await follow();
        expect(follower.state.windDownAt !== undefined).to.equal(true);
        expect([follower.state.reservedQuote, follower.state.pendingShares]).to.deep.equal([0n, 0n]);
      });

      it("agrees with venues and tokens on what went through them", async () => {
        await expectSameFlows(world, follower);
      });

      it("is the same in one go, and in steps of one log", async () => {
        const head = await twin.ethers.provider.getBlockNumber();
        const logs = await readVaultLogs(provider, world.addresses, 0, head);
        expect(logs).to.deep.equal(follower.logs);
        expect(replay(logs, newReplay(world.addresses))).to.deep.equal(follower.state);
        let state = newReplay(world.addresses);
        for (const log of logs.slice(0, 60)) {
          const before = JSON.stringify(plain(state));
          const next = applyEvent(state, log);
          expect(JSON.stringify(plain(state)), "a state is never changed").to.equal(before);
          state = next;
        }
        expect(replay(logs.slice(60), state)).to.deep.equal(follower.state);
      });

      describe("a log that is missing", () => noticesMutations(() => ({ world, follower })));

      it("went through everything that can happen to a vault", () => {
        const seen = new Set(follower.logs.map((log) => nameOf(log)));
        // AuthorityUpdated is of constructors alone; a hedge is given up in the second life, and that one is shorter.
        const rare = ["AuthorityUpdated", "HedgeAbandoned"];
        const missing = [...new Set(NAMES.values())].filter((name) => !rare.includes(name) && !seen.has(name));
        const deeds = [...life.done].map(([name, times]) => `${name} ${times}`).join(", ");
        if (baseIsToken0) expect([...seen], deeds).to.include("HedgeAbandoned");
        else expect(missing, deeds).to.deep.equal([]);
      });
    });
  }
});

const INTERFACES = [
  artifacts.hedgedVault,
  artifacts.riskPolicy,
  artifacts.uniswapV3Liquidity,
  artifacts.aaveV3Hedge,
].map(({ abi }) => new Interface(abi));

const NAMES = new Map<string, string>();
for (const abi of INTERFACES) abi.forEachEvent(({ topicHash, name }) => NAMES.set(topicHash, name));

function nameOf({ topics }: VaultLog): string {
  return NAMES.get(topics[0] ?? "") ?? "unknown";
}

/** A state as plain data, to compare and to print; without the place where it stopped. */
function plain(state: ReplayedVault): unknown {
  const replaced: unknown = JSON.parse(
    JSON.stringify({ ...state, position: undefined, transaction: undefined }, (_key, value: unknown) => {
      if (typeof value === "bigint") return value.toString();
      if (value instanceof Map) return [...(value as Map<string, unknown>)].sort(([a], [b]) => a.localeCompare(b));
      return value instanceof Set ? [...(value as Set<string>)].sort() : value;
    }),
  );
  return replaced;
}

// --- the comparison with the chain

async function expectSameAsChain(world: VaultWorld, life: RandomLife, state: ReplayedVault): Promise<void> {
  const { vault, twin, addresses } = world;
  const view = await lensContract(world.system.lens, world.admin).readOne(addresses.vault);
  expect({
    totalSupply: state.totalSupply,
    epoch: state.epoch,
    depositsPaused: state.depositsPaused,
    keeperPaused: state.keeperPaused,
    windDown: state.windDownAt !== undefined,
    degraded: state.degraded,
    depositCapQuote: state.depositCapQuote,
    idle: [state.idleBase, state.idleQuote],
    reservedQuote: state.reservedQuote,
    ranges: state.ranges.map((r) => [BigInt(r.tickLower), BigInt(r.tickUpper), r.liquidity]),
    liquidity: state.liquidity,
    hedges: state.hedges.map(({ hedge }) => hedge),
    head: state.queueHead,
    tail: queueTailOf(state),
    headSettledShares: headSettledSharesOf(state),
    escrow: sharesOf(state, addresses.vault),
    params: Object.values(state.params ?? {}),
    lastActionAt: state.lastActionAt,
    fees: state.fees,
    ledger: state.ledger,
    change: state.adapterChange,
  }).to.deep.equal({
    totalSupply: view.totalSupply,
    epoch: view.epoch,
    depositsPaused: view.depositsPaused,
    keeperPaused: view.keeperPaused,
    windDown: view.windDown,
    degraded: view.degraded,
    depositCapQuote: view.depositCapQuote,
    idle: [view.idleBase, view.idleQuote],
    reservedQuote: view.queue.reservedQuote,
    ranges: view.ranges.map((r) => [...r]),
    liquidity: await vault.liquidity(),
    hedges: view.hedges.map(({ hedge }) => hedge),
    head: view.queue.head,
    tail: view.queue.tail,
    headSettledShares: view.queue.headSettledShares,
    escrow: view.queue.pendingShares,
    params: [...view.params],
    lastActionAt: view.lastActionAt,
    fees: fieldsOf(view.fees),
    ledger: fieldsOf(view.ledger),
    change: fieldsOf(view.change),
  });
  const timestamp = BigInt(await twin.timestamp());
  const policy = policyContract(addresses.policy, world.admin);
  for (const nav of [view.book.navQuote, quoteUnits(world, "1234567.89"), 3n]) {
    const { lossQuote, turnoverQuote } = bucketsAt(state, nav, timestamp);
    expect([lossQuote, turnoverQuote], `buckets at a NAV of ${nav}`).to.deep.equal([
      await policy.bucketQuote(nav),
      await policy.turnoverBucketQuote(nav),
    ]);
  }
  for (const { hedge, abandoned } of state.hedges) {
    expect(abandoned).to.equal(await aaveHedgeContract(hedge, world.admin).abandoned());
  }
  await expectSamePeople(world, life, state);
  await expectSameQueue(world, state);
}

async function expectSamePeople(world: VaultWorld, life: RandomLife, state: ReplayedVault): Promise<void> {
  const { vault } = world;
  let held = sharesOf(state, world.addresses.vault);
  const addresses = await Promise.all(life.people.map((who) => who.getAddress()));
  for (const who of addresses) {
    held += sharesOf(state, who);
    const claims = state.claims.get(who);
    expect([sharesOf(state, who), claims?.shares ?? 0n, claims?.assets ?? 0n], who).to.deep.equal([
      await vault.balanceOf(who),
      await vault.maxRedeem(who),
      await vault.maxWithdraw(who),
    ]);
    for (const operator of addresses) {
      expect(state.operators.get(who)?.has(operator) ?? false, `${operator} for ${who}`).to.equal(
        await vault.isOperator(who, operator),
      );
    }
  }
  expect(held, "nobody else holds shares").to.equal(state.totalSupply);
}

async function expectSameQueue(world: VaultWorld, state: ReplayedVault): Promise<void> {
  const { vault } = world;
  for (const request of state.requests) {
    const { id, controller } = request;
    const stored = await vault.requestOf(id);
    const isGone = request.left !== "no" && request.settledShares === 0n;
    expect(fieldsOf(stored), `request ${id}`).to.deep.equal({
      controller: isGone ? ZERO : controller,
      exitOpensAt: isGone ? 0n : request.exitOpensAt,
      shares: request.settledShares + request.pendingShares,
      settledBefore: request.settledBeforeShares,
    });
    expect(
      [request.pendingShares, claimableSharesOf(state, id), request.cancelledShares],
      `request ${id}`,
    ).to.deep.equal([
      await vault.pendingRedeemRequest(id, controller),
      await vault.claimableRedeemRequest(id, controller),
      await vault.claimableCancelRedeemRequest(id, controller),
    ]);
  }
}

/** A struct that a contract returned, by its fields' names. */
function fieldsOf(struct: unknown): Record<string, unknown> {
  return { ...(struct as Result).toObject() };
}

const AAVE_EVENTS = new Interface([
  "event Supply(address indexed reserve, address user, address indexed onBehalfOf, uint256 amount, uint16 indexed referralCode)",
  "event Withdraw(address indexed reserve, address indexed user, address indexed to, uint256 amount)",
  "event Borrow(address indexed reserve, address user, address indexed onBehalfOf, uint256 amount, uint8 interestRateMode, uint256 borrowRate, uint16 indexed referralCode)",
  "event Repay(address indexed reserve, address indexed user, address indexed repayer, uint256 amount, bool useATokens)",
]);

/** Sums of flows against records that are not the vault's. */
async function expectSameFlows(world: VaultWorld, { logs, state }: Follower): Promise<void> {
  const { twin, market, addresses } = world;
  const held = await erc20Contract(market.quote, world.admin).balanceOf(addresses.vault);
  expect(held).to.equal(state.idleQuote + state.reservedQuote);
  expect(state.totals.settledQuote - state.totals.claimedQuote).to.equal(state.reservedQuote);

  const eventsOf = async (address: string, abi: Interface, name: string): Promise<readonly Result[]> => {
    const topic = abi.getEvent(name)?.topicHash ?? null;
    const filter = { address, fromBlock: logs[0]?.blockNumber ?? 0, toBlock: "latest", topics: [topic] };
    return (await twin.ethers.provider.getLogs(filter)).map((log) => abi.decodeEventLog(name, log.data, log.topics));
  };
  const adapters = new Set(logs.map(({ address }) => address));
  const flows = { base: 0n, quote: 0n };
  for (const swap of await eventsOf(market.pool, POOL_ABI, "Swap")) {
    if (!adapters.has(swap.getValue("sender") as string)) continue;
    flows.base -= swap.getValue(market.baseIsToken0 ? "amount0" : "amount1") as bigint;
    flows.quote -= swap.getValue(market.baseIsToken0 ? "amount1" : "amount0") as bigint;
  }
  expect([state.totals.swappedBase, state.totals.swappedQuote]).to.deep.equal([flows.base, flows.quote]);

  for (const { hedge, deltaChangeBase, marginChangeQuote } of state.hedges) {
    const sum = async (name: string, user: string): Promise<bigint> =>
      (await eventsOf(twin.addresses.aavePool, AAVE_EVENTS, name))
        .filter((event) => event.getValue(user) === hedge)
        .reduce((total, event) => total + (event.getValue("amount") as bigint), 0n);
    expect(deltaChangeBase).to.equal((await sum("Repay", "repayer")) - (await sum("Borrow", "onBehalfOf")));
    expect(marginChangeQuote).to.equal((await sum("Supply", "onBehalfOf")) - (await sum("Withdraw", "user")));
    expect(deltaChangeBase, "went through at all (control)").to.not.equal(0n);
  }
}

// --- the mutations

function noticesMutations(given: () => { readonly world: VaultWorld; readonly follower: Follower }): void {
  const SAMPLES = 3;
  /** Information-free by nature: allowances are not replayed. */
  const SILENT = ["Approval"];

  /** Index of the first log behind the transaction of the log at `at`. */
  const endOf = (logs: readonly VaultLog[], at: number): number => {
    let end = at;
    while (end < logs.length && logs[end]?.transactionHash === logs[at]?.transactionHash) end++;
    return end;
  };
  const startOf = (logs: readonly VaultLog[], at: number): number => {
    let start = at;
    while (start > 0 && logs[start - 1]?.transactionHash === logs[at]?.transactionHash) start--;
    return start;
  };

  /** "error" or "state" when the mutated transaction shows by the end of it, where the next comparison with the chain would be. */
  const noticed = (before: ReplayedVault, honest: readonly VaultLog[], mutated: readonly VaultLog[]): string => {
    const expected = JSON.stringify(plain(replay(honest, before)));
    try {
      return JSON.stringify(plain(replay(mutated, before))) === expected ? "nothing" : "state";
    } catch (error) {
      expect(error).to.be.instanceOf(ReplayError);
      return "error";
    }
  };

  it("is noticed, whichever kind it is", () => {
    const { world, follower } = given();
    const { logs } = follower;
    const places = new Map<string, number[]>();
    logs.forEach((log, i) => {
      const name = nameOf(log);
      places.set(name, [...(places.get(name) ?? []), i]);
    });
    const wanted = new Set<number>();
    for (const list of places.values()) {
      // First, last, and evenly between; more than are needed, because some say nothing new.
      for (let i = 0; i < SAMPLES * 3; i++)
        wanted.add(list[Math.floor((i * (list.length - 1)) / (SAMPLES * 3 - 1))] ?? 0);
    }
    const tally = new Map<string, { error: number; state: number }>();
    const unnoticed: string[] = [];
    let before = newReplay(world.addresses);
    let at = 0;
    for (const i of [...wanted].sort((a, b) => a - b)) {
      const [start, end] = [startOf(logs, i), endOf(logs, i)];
      before = replay(logs.slice(at, start), before);
      at = start;
      const log = logs[i] as VaultLog;
      const name = nameOf(log);
      const counts = tally.get(name) ?? { error: 0, state: 0 };
      if (counts.error + counts.state >= SAMPLES || SILENT.includes(name)) continue;
      const whole = logs.slice(start, end);
      const outcome = noticed(before, whole, whole.toSpliced(i - start, 1));
      if (outcome === "nothing") {
        // Only a log that repeats what is known already may be lost.
        const known = replayOpen(before, logs.slice(start, i));
        const isNews = JSON.stringify(plain(applyEvent(known, log))) !== JSON.stringify(plain(known));
        if (isNews) unnoticed.push(`${name} in block ${log.blockNumber}`);
      } else {
        counts[outcome as "error" | "state"]++;
        tally.set(name, counts);
      }
    }
    expect(unnoticed).to.deep.equal([]);
    expect([...places.keys()].filter((name) => !tally.has(name)).sort(), "kinds without a sample").to.deep.equal(
      SILENT,
    );
  });

  it("is noticed when it stands elsewhere", () => {
    const { world, follower } = given();
    const { logs } = follower;
    const start = newReplay(world.addresses);
    for (let i = 1; i < 100; i++) {
      const swapped = [...logs.slice(0, i + 1)];
      [swapped[i - 1], swapped[i]] = [swapped[i] as VaultLog, swapped[i - 1] as VaultLog];
      expect(() => replay(swapped, start), `log ${i}`).to.throw(ReplayError);
    }
    const twice = logs.slice(0, 100);
    twice.push(twice[99] as VaultLog);
    expect(() => replay(twice, start)).to.throw(LogOrderError);
    const end = endOf(logs, 99);
    expect(replay(logs.slice(0, end), start).position, "in order (control)").to.include({
      logIndex: logs[end - 1]?.logIndex,
    });
  });

  it("is noticed when it changed places and numbers with its neighbour, where the order means something", () => {
    const { world, follower } = given();
    const { logs } = follower;
    const found = new Set<string>();
    let before = newReplay(world.addresses);
    for (let start = 0; start < logs.length; start = endOf(logs, start)) {
      const whole = logs.slice(start, endOf(logs, start));
      for (let i = 1; i < whole.length; i++) {
        const [one, other] = [whole[i - 1] as VaultLog, whole[i] as VaultLog];
        const names = `${nameOf(one)}, ${nameOf(other)}`;
        if (!ORDERED_PAIRS.includes(names) || found.has(names)) continue;
        const mutated = [...whole];
        mutated[i - 1] = { ...other, logIndex: one.logIndex };
        mutated[i] = { ...one, logIndex: other.logIndex };
        if (noticed(before, whole, mutated) !== "nothing") found.add(names);
      }
      before = replay(whole, before);
    }
    expect([...found].sort()).to.deep.equal([...ORDERED_PAIRS].sort());
  });

  it("is noticed when two of a kind changed places", () => {
    const { world, follower } = given();
    const { logs } = follower;
    const kinds = new Map<string, number[]>();
    logs.forEach((log, i) => {
      const name = nameOf(log);
      kinds.set(name, [...(kinds.get(name) ?? []), i]);
    });
    const unnoticed: string[] = [];
    let tried = 0;
    for (const [name, places] of kinds) {
      const at = places[Math.floor(places.length / 3)] ?? 0;
      const log = logs[at] as VaultLog;
      const other = places
        .map((i) => logs[i] as VaultLog)
        .findLast((l) => l.address === log.address && (l.data !== log.data || l.topics.join() !== log.topics.join()));
      if (other === undefined || SILENT.includes(name)) continue;
      const whole = logs.slice(startOf(logs, at), endOf(logs, at));
      const mutated = whole.map((l) => (l === log ? { ...l, topics: other.topics, data: other.data } : l));
      const before = replay(logs.slice(0, startOf(logs, at)), newReplay(world.addresses));
      tried++;
      if (noticed(before, whole, mutated) === "nothing") unnoticed.push(name);
    }
    expect(unnoticed).to.deep.equal([]);
    expect(tried).to.be.greaterThan(20);
  });

  it("is noticed when it is nobody's, of no known kind, or cannot be decoded", () => {
    const { world, follower } = given();
    const [first] = follower.logs as [VaultLog];
    const start = newReplay(world.addresses);
    expect(() => applyEvent(start, { ...first, address: ZERO })).to.throw(UnknownEventError);
    expect(() => applyEvent(start, { ...first, topics: [`0x${"12".repeat(32)}`] })).to.throw(UnknownEventError);
    expect(() => applyEvent(start, { ...first, topics: [] })).to.throw(UnknownEventError);
    expect(() => applyEvent(start, { ...first, topics: first.topics.slice(0, 2) })).to.throw(UnknownEventError);
    // Known by its ABI, but no clone ever emits it.
    const { topicHash } = vaultInterface.getEvent("AuthorityUpdated") as unknown as { topicHash: string };
    expect(() => applyEvent(start, { ...first, topics: [topicHash], data: `0x${"0".repeat(64)}` })).to.throw(
      UnknownEventError,
    );
    expect(() => replay([first, first], start)).to.throw(LogOrderError);
    const last = follower.logs.findIndex((log) => nameOf(log) === "Deposit");
    expect(() => replay(follower.logs.slice(0, last + 1), start), "ends inside a transaction").to.throw(
      InconsistentLogError,
    );
  });

  it("is an error where the node's chain changed while it was read", async () => {
    const { world, follower } = given();
    const { provider } = world.twin.ethers;
    const [first] = follower.logs as [VaultLog];
    const read = async (forge: (method: string, answer: unknown) => unknown): Promise<unknown> => {
      const forged: RpcSender = { send: async (method, params) => forge(method, await provider.send(method, params)) };
      return await readVaultLogs(forged, world.addresses, first.blockNumber, first.blockNumber + 20).catch(
        (error: unknown) => error,
      );
    };
    expect(await read((_, answer) => answer), "honest (control)").to.be.an("array");
    for (const forge of [
      (method: string, answer: unknown) =>
        method === "eth_getBlockByNumber" ? { ...(answer as object), hash: `0x${"34".repeat(32)}` } : answer,
      (method: string, answer: unknown) => (method === "eth_getBlockByNumber" ? null : answer),
      (method: string, answer: unknown) => (method === "eth_getLogs" ? null : answer),
      (method: string, answer: unknown) =>
        method === "eth_getLogs" ? (answer as object[]).map((log) => ({ ...log, removed: true })) : answer,
    ]) {
      expect(await read(forge)).to.be.instanceOf(ReadError);
    }
  });
}

/** Neighbours whose order means something. */
const ORDERED_PAIRS: readonly string[] = [
  "AdapterChanged, ParamsChanged",
  "ExitedInKind, IdleChanged",
  "FeeLedgerChanged, IdleChanged",
  "FeesAccrued, FeesScheduled",
  "RedeemSettled, QueueHeadMoved",
  "RedeemSettled, RedeemSettled",
  "Withdraw, IdleChanged",
];

/** A state inside a transaction. */
function replayOpen(before: ReplayedVault, logs: readonly VaultLog[]): ReplayedVault {
  return logs.reduce(applyEvent, before);
}
