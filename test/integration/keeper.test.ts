import { expect } from "chai";
import { HDNodeWallet } from "ethers";
import { after, afterEach, before, describe, it } from "mocha";

import { type Clock, createManualClock } from "../../keeper/clock.ts";
import { type ConfigInput, type KeeperConfig, loadConfig } from "../../keeper/config.ts";
import { Journal } from "../../keeper/journal.ts";
import { silentLog } from "../../keeper/log.ts";
import { createKeeper, type Keeper, runKeeper } from "../../keeper/main.ts";
import type { TickRecord, VaultOutcome } from "../../keeper/outcomes.ts";
import { NoCodeError, WrongChainError } from "../../keeper/rpc.ts";
import type { Policy } from "../../keeper/tick.ts";
import { startTwin, type Twin } from "../../localnet/twin.ts";
import { planFor } from "../../sdk/policy/plan.ts";
import { decide } from "../../sdk/policy/decide.ts";
import type { Snapshot } from "../../sdk/policy/types.ts";
import { rejection, serveRpc, temporaryFile, VAULT } from "../unit/keeper/support.ts";
import { createVaultWorld, type VaultWorld } from "./world.ts";

const TEST_PHRASE = "test test test test test test test test test test test junk";

/** The twin's second account, which the world gives the keeper role. */
const keeperKey = HDNodeWallet.fromPhrase(TEST_PHRASE, undefined, "m/44'/60'/0'/0/1").privateKey;

describe("keeper on the genuine twin", () => {
  const clock = createManualClock(0);
  const closers: (() => Promise<void>)[] = [];
  let twin: Twin;
  let world: VaultWorld;
  let keeper: Keeper;

  const configFor = (overrides: ConfigInput): KeeperConfig =>
    loadConfig({
      env: {},
      overrides: {
        chainId: 31_337,
        lens: world.system.lens,
        vaults: [world.addresses.vault],
        privateKey: keeperKey,
        journalPath: ":memory:",
        live: true,
        receiptPollMs: 100,
        // A tight band, so that these tests do not hang on the defaults.
        policy: { rangeWidth: 1.27, bandSafety: 0.4 },
        ...overrides,
      },
    });
  /** With `decideOnce` the keeper plans on that snapshot, whatever it reads. */
  const openKeeper = (
    overrides: ConfigInput = {},
    { decideOnce }: { readonly decideOnce?: Snapshot } = {},
  ): Promise<Keeper> => {
    const config = configFor(overrides);
    const of = (snapshot: Snapshot): Snapshot => decideOnce ?? snapshot;
    const policy: Policy = {
      decide: (snapshot, market) => decide(of(snapshot), market, config.policy),
      plan: (snapshot, decision) => planFor(of(snapshot), decision, config.policy),
    };
    return createKeeper(config, { eip1193: twin.provider, clock, log: silentLog, policy });
  };
  /** The chain's time is the keeper's: the twin is months away from the wall clock. */
  const tick = async (of: Keeper = keeper): Promise<TickRecord> => {
    clock.set((await twin.timestamp()) * 1_000);
    return await of.tick();
  };
  const only = (record: TickRecord): VaultOutcome => {
    expect(record.outcomes).to.have.length(1);
    return record.outcomes[0] as VaultOutcome;
  };

  before(async () => {
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
    world = await createVaultWorld(twin);
    await world.deposit(world.alice, "1000000");
    keeper = await openKeeper();
  });
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });
  after(async () => {
    keeper.close();
    await twin.close();
  });

  it("prints what it would send in a dry run, and sends nothing", async () => {
    const dry = await openKeeper({ live: false });
    const nonce = await twin.ethers.provider.getTransactionCount(dry.address);
    const outcome = only(await tick(dry));
    expect(outcome.kind, show(outcome)).to.equal("dryRun");
    expect(await twin.ethers.provider.getTransactionCount(dry.address)).to.equal(nonce);
    expect((await world.snapshot()).vault.epoch).to.equal(0n);
    dry.close();
  });

  it("opens the position and finds its promise kept", async () => {
    const outcome = only(await tick());
    expect(outcome.kind, show(outcome)).to.equal("sent");
    if (outcome.kind !== "sent") return;
    expect(outcome.outcome.kind, show(outcome.outcome)).to.equal("kept");
    const { vault } = await world.snapshot();
    expect(vault.epoch).to.equal(1n);
    expect(vault.ranges).to.have.length(1);
    expect(keeper.journal.listIntents(1)[0]?.state).to.equal("confirmed");
    expect(keeper.status().healthy, keeper.status().reasons.join()).to.equal(true);
  });

  it("holds while nothing moved", async () => {
    const outcome = only(await tick());
    expect(outcome.kind, show(outcome)).to.equal("held");
    expect((await world.snapshot()).vault.epoch).to.equal(1n);
  });

  it("brings the delta back after a move", async () => {
    await world.actors.step({ price: 2_350, volumeQuote: 1e6, seconds: 900 });
    const before = await world.snapshot();
    const outcome = only(await tick());
    expect(outcome.kind, show(outcome)).to.equal("sent");
    if (outcome.kind !== "sent") return;
    expect(outcome.decision.kind).to.equal("hedge");
    expect(outcome.outcome.kind, show(outcome.outcome)).to.equal("kept");
    const after = await world.snapshot();
    expect(abs(after.vault.book.deltaBase)).to.be.lessThan(abs(before.vault.book.deltaBase));
    expect(keeper.journal.listTicks(10)).to.have.length(3);
  });

  it("leaves an overtaken plan unsent: another keeper acted first, and the vault's epoch says so", async () => {
    await world.actors.step({ price: 2_500, volumeQuote: 1e6, seconds: 900 });
    const stale = await openKeeper({}, { decideOnce: await world.snapshot() });
    const first = only(await tick());
    expect(first.kind, show(first)).to.equal("sent");
    const epoch = (await world.snapshot()).vault.epoch;
    const second = only(await tick(stale));
    expect(second).to.deep.include({ kind: "reverted", where: "simulation" });
    expect(second.kind === "reverted" && second.reason).to.include("HedgedVault_WrongEpoch");
    expect((await world.snapshot()).vault.epoch).to.equal(epoch);
    expect(stale.journal.listIntents(1)).to.have.length(0);
    stale.close();
  });

  it("K07 stays out while gas is above its ceiling, says so, and acts when it is not", async () => {
    await world.actors.step({ price: 2_350, volumeQuote: 1e6, seconds: 900 });
    const poor = await openKeeper({ maxFeeGwei: 0.5, emergencyMaxFeeGwei: 0.5 });
    const record = await tick(poor);
    expect(only(record), show(only(record))).to.deep.include({ kind: "skipped", cause: "priced-out" });
    expect(record.alerts.map(({ code }) => code)).to.deep.equal(["priced-out"]);
    expect(poor.status().healthy).to.equal(false);
    poor.close();
    expect(only(await tick()).kind).to.equal("sent");
    expect(keeper.status().reasons).to.deep.equal([]);
  });

  it("settles the redemptions that waited for the oracle", async () => {
    // The pool runs away from the feed: the vault settles nothing, and the keeper does not try.
    await world.actors.step({ price: 2_420, baseUsd: 2_350, push: false, seconds: 600 });
    const shares = await world.vault.balanceOf(world.alice);
    await (await world.vault.connect(world.alice).requestRedeem(shares / 4n, world.alice, world.alice)).wait();
    expect((await world.snapshot()).vault.queue.pendingShares).to.equal(shares / 4n);
    const waiting = only(await tick());
    expect(waiting.kind, show(waiting)).to.equal("held");

    await world.actors.step({ price: 2_350, seconds: 900 });
    for (let i = 0; i < 3 && (await world.snapshot()).vault.queue.pendingShares > 0n; i++) {
      const outcome = only(await tick());
      expect(outcome.kind, show(outcome)).to.equal("sent");
    }
    expect((await world.snapshot()).vault.queue.pendingShares).to.equal(0n);
    const settled = keeper.journal.listIntents(10).find(({ action }) => action === "settle");
    expect(settled?.state).to.equal("confirmed");
    expect((settled?.outcome as { kind: string }).kind).to.equal("kept");
    expect(await world.vault.maxWithdraw(world.alice)).to.be.greaterThan(0n);
  });

  it("K11 decides nothing about a vault without a price", async () => {
    const snapshot = await twin.snapshot();
    await twin.rpc.request("hardhat_setCode", [(await world.snapshot()).vault.oracle.address, "0x"]);
    const record = await tick();
    expect(only(record)).to.deep.include({ kind: "failed", error: "VaultUnreadableError" });
    expect(record.alerts.map(({ code }) => code)).to.deep.equal(["vault-unreadable"]);
    await twin.revert(snapshot);
    expect(only(await tick()).kind).to.not.equal("failed");
  });

  it("runs over HTTP, block by block, until it is told to stop", async () => {
    const server = await serveRpc((method, params) => twin.provider.request({ method, params: [...params] }));
    closers.push(() => server.close());
    const stop = new AbortController();
    let now = (await twin.timestamp()) * 1_000;
    let polls = 0;
    // A poll is over when the market made its next step.
    const replayed: Clock = {
      nowMs: () => now,
      sleep: async () => {
        polls += 1;
        if (polls === 1) await world.actors.step({ price: 2_500, volumeQuote: 1e6, seconds: 900 });
        if (polls === 3) stop.abort();
        now = (await twin.timestamp()) * 1_000;
      },
    };
    const file = temporaryFile("keeper.sqlite");
    closers.push(() => file.remove());
    await runKeeper(configFor({ rpcUrl: server.url, journalPath: file.path }), {
      signal: stop.signal,
      clock: replayed,
      log: silentLog,
    });
    const journal = Journal.open(file.path);
    expect(journal.listTicks(10).map(({ kind }) => kind)).to.include("sent");
    expect(journal.listIntents(10).map(({ state }) => state)).to.deep.equal(["confirmed"]);
    journal.close();
  });

  it("refuses to start on another chain, and on addresses without code", async () => {
    const start = (overrides: ConfigInput): Promise<Error> =>
      rejection(createKeeper(configFor(overrides), { rpc: twin.ethers.provider, clock, log: silentLog }));
    expect(await start({ chainId: 1, privateKey: undefined, live: false, keeperAddress: VAULT })).to.be.instanceOf(
      WrongChainError,
    );
    expect(await start({ lens: "0x00000000000000000000000000000000000000ff" })).to.be.instanceOf(NoCodeError);
    // Control: the same provider, right.
    const right = await createKeeper(configFor({}), { rpc: twin.ethers.provider, clock, log: silentLog });
    expect(only(await tick(right)).kind).to.not.equal("failed");
    right.close();
  });
});

const abs = (value: bigint): bigint => (value < 0n ? -value : value);
const show = (value: unknown): string => JSON.stringify(value, replacer);
const replacer = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);
