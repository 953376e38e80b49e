import { expect } from "chai";
import { HDNodeWallet } from "ethers";
import { after, before, describe, it } from "mocha";

import { createManualClock } from "../../keeper/clock.ts";
import { type ConfigInput, loadConfig } from "../../keeper/config.ts";
import { silentLog } from "../../keeper/log.ts";
import { createKeeper, type Keeper } from "../../keeper/main.ts";
import type { TickRecord, VaultOutcome } from "../../keeper/tick.ts";
import { startTwin, type Twin } from "../../localnet/twin.ts";
import { createVaultWorld, type VaultWorld } from "./world.ts";

const TEST_PHRASE = "test test test test test test test test test test test junk";

/** The twin's second account, which the world gives the keeper role. */
const keeperKey = HDNodeWallet.fromPhrase(TEST_PHRASE, undefined, "m/44'/60'/0'/0/1").privateKey;

describe("keeper on the genuine twin", () => {
  const clock = createManualClock(0);
  let twin: Twin;
  let world: VaultWorld;
  let keeper: Keeper;

  const openKeeper = (overrides: ConfigInput = {}): Promise<Keeper> =>
    createKeeper(
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
          ...overrides,
        },
      }),
      { eip1193: twin.provider, clock, log: silentLog },
    );
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
  after(async () => {
    keeper.close();
    await twin.close();
  });

  it("prints what it would send in a dry run, and sends nothing", async () => {
    const dry = await openKeeper({ live: false });
    const nonce = await twin.ethers.provider.getTransactionCount(dry.address);
    const outcome = only(await tick(dry));
    expect(outcome.kind, JSON.stringify(outcome, replacer)).to.equal("dryRun");
    expect(await twin.ethers.provider.getTransactionCount(dry.address)).to.equal(nonce);
    expect((await world.snapshot()).vault.epoch).to.equal(0n);
    dry.close();
  });

  it("opens the position and finds its promise kept", async () => {
    const outcome = only(await tick());
    expect(outcome.kind, JSON.stringify(outcome, replacer)).to.equal("sent");
    if (outcome.kind !== "sent") return;
    expect(outcome.outcome.kind, JSON.stringify(outcome.outcome, replacer)).to.equal("kept");
    const { vault } = await world.snapshot();
    expect(vault.epoch).to.equal(1n);
    expect(vault.ranges).to.have.length(1);
    expect(keeper.journal.listIntents(1)[0]?.state).to.equal("confirmed");
    expect(keeper.status().healthy, keeper.status().reasons.join()).to.equal(true);
  });

  it("holds while nothing moved", async () => {
    const outcome = only(await tick());
    expect(outcome.kind, JSON.stringify(outcome, replacer)).to.equal("held");
    expect((await world.snapshot()).vault.epoch).to.equal(1n);
  });

  it("brings the delta back after a move", async () => {
    await world.actors.step({ price: 2_425, volumeQuote: 1e6, seconds: 900 });
    const before = await world.snapshot();
    const outcome = only(await tick());
    expect(outcome.kind, JSON.stringify(outcome, replacer)).to.equal("sent");
    if (outcome.kind !== "sent") return;
    expect(outcome.decision.kind).to.equal("hedge");
    expect(outcome.outcome.kind, JSON.stringify(outcome.outcome, replacer)).to.equal("kept");
    const after = await world.snapshot();
    expect(abs(after.vault.book.deltaBase)).to.be.lessThan(abs(before.vault.book.deltaBase));
    expect(keeper.journal.listTicks(10)).to.have.length(3);
  });
});

const abs = (value: bigint): bigint => (value < 0n ? -value : value);
const replacer = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);
