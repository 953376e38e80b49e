import { expect } from "chai";
import { encodeBytes32String, type Signer, ZeroAddress } from "ethers";
import { beforeEach, describe, it } from "mocha";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

import type { Twin } from "../../localnet/twin.ts";
import { erc20Contract } from "../../sdk/chain/contracts.ts";
import type { VaultFees } from "../../sdk/chain/vaultSpec.ts";
import { OracleFlag } from "../../sdk/policy/types.ts";
import {
  atOnce,
  createHostileWorld,
  createVaultWorld,
  donateCollateral,
  eventsOf,
  expectRevert,
  fundAndApprove,
  HARMLESS_STATE,
  type HostileWorld,
  multicallSigner,
  quoteUnits,
  redeemNow,
  requestRedeem,
  type VaultWorld,
  useTwin,
} from "./world.ts";

const SEED = 20261122;
const TOKEN = 10n ** 12n;
const VIRTUAL_SHARES = 10n ** 6n;
const VALUE_SCALE = 10n ** 30n;
const BPS = 10_000n;
const DAY = 86_400;
const YEAR = BigInt(365 * DAY);
const EXIT_WINDOW = 15 * DAY;

/** Shares that make `bps` a year of the supply that they are then part of: new / (supply + new) = rate × time. */
const managementShares = (supply: bigint, bps: bigint, seconds: number): bigint =>
  (supply * bps * BigInt(seconds)) / (BPS * YEAR - bps * BigInt(seconds));
/** Shares worth `feeQuote` at the value that is left to a share once they exist. */
const sharesWorth = (feeQuote: bigint, nav: bigint, supply: bigint): bigint =>
  (feeQuote * (supply + VIRTUAL_SHARES)) / (nav + 1n - feeQuote);
/** What all shares gained over a value of one share, in quote, a unit rounded away. */
const gainAbove = (value: bigint, nav: bigint, supply: bigint): bigint => {
  const counted = supply + VIRTUAL_SHARES;
  return ((((nav + 1n) * VALUE_SCALE) / counted - value) * counted) / VALUE_SCALE;
};
/** A quote unit for a million share units, which is what a share costs at first. */
const FIRST_VALUE = VALUE_SCALE / VIRTUAL_SHARES;
const ceilDiv = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;

describe("fees", () => {
  let twin: Twin;
  /** The one of the two worlds below that a test is about. */
  let world: HostileWorld;
  let charged: HostileWorld;
  /** The same without a management fee: time costs nothing. */
  let timeless: HostileWorld;
  let carol: Signer;
  let recipient: string;
  let feesAt: (managementBps: number, performanceBps: number) => VaultFees;

  useTwin(async (started) => {
    twin = started;
    carol = (await twin.ethers.getSigners())[5] as Signer;
    recipient = await carol.getAddress();
    feesAt = (managementBps, performanceBps) => ({ feeRecipient: recipient, managementBps, performanceBps });
    // All of it idle, and a hedge that reports whatever equity it is told to: every figure can be computed by hand.
    charged = await createHostileWorld(twin, { fees: feesAt(200, 2_000) });
    timeless = await createHostileWorld(twin, { fees: feesAt(0, 2_000) });
    for (const each of [charged, timeless]) await each.deposit(each.alice, "1000000");
  });
  beforeEach(() => {
    world = charged;
  });

  /** Lets the market stand still, feeds alive, until the next block can have this timestamp. */
  const waitUntil = async (timestamp: number, on: VaultWorld = world): Promise<void> => {
    await on.actors.step({ until: timestamp - 1 });
    await twin.setNextTimestamp(timestamp);
  };
  const accruedAt = async (on: VaultWorld = world): Promise<number> => Number((await on.vault.feeTerms()).accruedAt);
  /** Accrues in the next block; returns the shares that it minted. */
  const accrue = async (on: VaultWorld = world): Promise<bigint> => {
    const before = await on.vault.totalSupply();
    const receipt = await (await on.vault.connect(on.bob).accrueFees()).wait();
    const minted = (await on.vault.totalSupply()) - before;
    expect(eventsOf(receipt, "FeesAccrued").map(([, shares]) => shares)).to.deep.equal([minted]);
    return minted;
  };
  /** What the hostile hedge is worth from now on: a gain or a loss of the whole vault. */
  const setGain = async (quote: bigint): Promise<void> => {
    const state = { ...HARMLESS_STATE, equityMinQuote: quote, equityMaxQuote: quote };
    await (await world.hostile.setState(state)).wait();
  };
  const setFees = async (fees: VaultFees, on: VaultWorld = world): Promise<void> => {
    const { feeRecipient, managementBps, performanceBps } = fees;
    await (await on.vault.connect(on.admin).setFees(feeRecipient, managementBps, performanceBps)).wait();
  };
  const rates = async (on: VaultWorld = world): Promise<readonly bigint[]> => {
    const t = await on.vault.feeTerms();
    return [t.managementBps, t.performanceBps];
  };

  describe("at creation", () => {
    it("are what the VaultSpec says, from the block of the creation", async () => {
      const fresh = await createVaultWorld(twin, { fees: feesAt(123, 456) });
      const terms = await fresh.vault.feeTerms();
      expect([terms.recipient, terms.managementBps, terms.performanceBps]).to.deep.equal([recipient, 123n, 456n]);
      expect(terms.highWater, "the initial value").to.equal(0n);
      expect(terms.nextAt, "nothing pending").to.equal(0n);
      const filter = fresh.vault.filters["FeesChanged(address,uint256,uint256)"];
      const [changed] = await fresh.vault.queryFilter(filter());
      expect([...(changed?.args ?? [])]).to.deep.equal([recipient, 123n, 456n]);
      expect(Number(terms.accruedAt)).to.equal((await changed?.getBlock())?.timestamp);
    });

    it("are none when the VaultSpec names none", async () => {
      const fresh = await createVaultWorld(twin);
      expect([...(await fresh.vault.feeTerms())]).to.deep.equal([ZeroAddress, 0n, 0n, 0n, 0n, 0n, 0n, 0n]);
    });

    it("may be as high as the caps, and not a basis point higher", async () => {
      expect(await rates(), "control").to.deep.equal([200n, 2_000n]);
      await expectRevert(createVaultWorld(twin, { fees: feesAt(201, 0) }), "HedgedVault_ParamOutOfBounds", [
        encodeBytes32String("managementBps"),
        201n,
        0n,
        200n,
      ]);
      await expectRevert(createVaultWorld(twin, { fees: feesAt(0, 2_001) }), "HedgedVault_ParamOutOfBounds", [
        encodeBytes32String("performanceBps"),
        2_001n,
        0n,
        2_000n,
      ]);
    });

    it("need a recipient", async () => {
      for (const [managementBps, performanceBps] of [
        [1, 0],
        [0, 1],
      ] as const) {
        const fees = { feeRecipient: ZeroAddress, managementBps, performanceBps };
        await expectRevert(createVaultWorld(twin, { fees }), "HedgedVault_NoFeeRecipient", []);
      }
    });
  });

  describe("management", () => {
    it("is exactly rate × time of the supply that it is then part of", async () => {
      const supply = await world.vault.totalSupply();
      await waitUntil((await accruedAt()) + 30 * DAY);
      const shares = await accrue();
      expect(shares).to.equal(managementShares(supply, 200n, 30 * DAY));
      expect(await world.vault.balanceOf(recipient)).to.equal(shares);
      // The relation itself: of all shares, the new ones are 2 % × 30 / 365.
      const part = (shares * 10n ** 18n) / (supply + shares);
      expect(part).to.equal((200n * 30n * 10n ** 18n) / (BPS * 365n));
      expect(await world.vault.totalAssets(), "no asset moves").to.equal(quoteUnits(world, "1000000"));
    });

    it("takes the same whether accrued once or often, but for the fee's own dilution", async () => {
      const supply = await world.vault.totalSupply();
      const start = await accruedAt();
      const round = await twin.snapshot();
      await waitUntil(start + 90 * DAY);
      const once = await accrue();
      await twin.revert(round);
      let expected = supply;
      for (const [from, to] of [
        [0, 30],
        [30, 30.5],
        [30.5, 90],
      ] as const) {
        await waitUntil(start + to * DAY);
        const shares = await accrue();
        expect(shares, `day ${from} to ${to}`).to.equal(managementShares(expected, 200n, (to - from) * DAY));
        expected += shares;
      }
      const often = expected - supply;
      // (1 - a)(1 - b) > 1 - a - b: by the sum of the products of the parts, never more than (rate × time)² / 2.
      const yearly = (200n * 10n ** 18n) / BPS;
      const dilution = ((yearly * 90n) / 365n) ** 2n / 2n;
      expect(once > often, "often is never dearer").to.equal(true);
      expect(((once - often) * 10n ** 36n) / supply <= dilution + dilution / 100n).to.equal(true);
    });

    it("takes the same at every second of a minute as at its end, to rounding", async () => {
      await accrue();
      const supply = await world.vault.totalSupply();
      const start = await accruedAt();
      const round = await twin.snapshot();
      await twin.setNextTimestamp(start + 60);
      const once = await accrue();
      await twin.revert(round);
      let often = 0n;
      for (let second = 1; second <= 60; second++) {
        await twin.setNextTimestamp(start + second);
        often += await accrue();
      }
      expect(once).to.equal(managementShares(supply, 200n, 60));
      // A unit of rounding each time, and the dilution of the fee by itself.
      const dilution = (once * once) / supply / 2n;
      expect(once - often).to.be.within(0n, 60n + dilution);
    });

    it("counts a year at most, however long nobody came", async () => {
      const supply = await world.vault.totalSupply();
      await waitUntil((await accruedAt()) + 400 * DAY);
      expect(await accrue()).to.equal(managementShares(supply, 200n, 365 * DAY));
      // And starts anew from there.
      const later = await world.vault.totalSupply();
      await twin.setNextTimestamp((await accruedAt()) + 7);
      expect(await accrue()).to.equal(managementShares(later, 200n, 7));
    });

    it("is nothing for the time in which the vault was empty", async () => {
      const fresh = await createVaultWorld(twin, { fees: feesAt(200, 2_000) });
      await waitUntil((await accruedAt(fresh)) + 30 * DAY, fresh);
      await fresh.deposit(fresh.alice, "1000");
      const supply = await fresh.vault.totalSupply();
      expect(supply).to.equal(1_000n * TOKEN);
      await twin.setNextTimestamp((await accruedAt(fresh)) + 3);
      expect(await accrue(fresh)).to.equal(managementShares(supply, 200n, 3));
    });

    it("is nothing without a recipient", async () => {
      const fresh = await createHostileWorld(twin);
      await fresh.deposit(fresh.alice, "1000");
      await fresh.actors.step({ seconds: 300 * DAY });
      expect(await accrue(fresh)).to.equal(0n);
      await fresh.deposit(fresh.alice, "1000");
      expect(await fresh.vault.totalSupply()).to.equal(2_000n * TOKEN);
      // Control: the same time with one.
      const supply = await world.vault.totalSupply();
      const elapsed = (await twin.timestamp()) + 1 - (await accruedAt());
      expect(await accrue()).to.equal(managementShares(supply, 200n, elapsed));
    });

    it("is taken when somebody comes, before the own shares count", async () => {
      await fundAndApprove(world, world.bob, world.market.quote, quoteUnits(world, "500000"), world.addresses.vault);
      const supply = await world.vault.totalSupply();
      await waitUntil((await accruedAt()) + 10 * DAY);
      await (await world.vault.connect(world.bob).deposit(quoteUnits(world, "500000"), world.bob)).wait();
      const fee = managementShares(supply, 200n, 10 * DAY);
      expect(await world.vault.balanceOf(recipient)).to.equal(fee);
      const bought =
        (quoteUnits(world, "500000") * (supply + fee + VIRTUAL_SHARES)) / (quoteUnits(world, "1000000") + 1n);
      expect(await world.vault.balanceOf(world.bob)).to.equal(bought);
    });

    it("is taken when somebody leaves, out of the own part as well", async () => {
      const supply = await world.vault.totalSupply();
      const shares = supply / 4n;
      await waitUntil((await accruedAt()) + 10 * DAY);
      await requestRedeem(world, world.alice, shares);
      const fee = managementShares(supply, 200n, 10 * DAY);
      expect(await world.vault.balanceOf(recipient)).to.equal(fee);
      expect(await world.vault.maxWithdraw(world.alice)).to.equal(
        (quoteUnits(world, "1000000") * shares) / (supply + fee),
      );
    });

    it("is taken of an exit in kind without any price; the performance fee is not", async () => {
      await setGain(quoteUnits(world, "100000"));
      const supply = await world.vault.totalSupply();
      const start = await accruedAt();
      await twin.advance(100_000); // the feeds stand still
      const id = await requestRedeem(world, world.alice, supply / 2n);
      expect(await accruedAt(), "nothing settled").to.equal(start);
      await twin.advanceTo(start + 10 * DAY - 1);
      await (await world.vault.connect(world.alice).exitInKind(id, world.alice, 0n, 0n)).wait();
      expect(await accruedAt()).to.equal(start + 10 * DAY);
      expect(await world.vault.balanceOf(recipient)).to.equal(managementShares(supply, 200n, 10 * DAY));
    });
  });

  describe("performance", () => {
    const GAIN = 100_000n * 10n ** 6n;

    beforeEach(() => {
      world = timeless;
    });

    it("is a fifth of what was gained, exactly, and taken once", async () => {
      const supply = await world.vault.totalSupply();
      await setGain(GAIN);
      const nav = await world.vault.totalAssets();
      expect(nav).to.equal(quoteUnits(world, "1100000"));
      const shares = await accrue();
      const gain = gainAbove(FIRST_VALUE, nav, supply);
      expect(gain).to.be.within(GAIN - 1n, GAIN);
      expect(shares).to.equal(sharesWorth(gain / 5n, nav, supply));
      expect(await world.vault.convertToAssets(shares)).to.be.within(GAIN / 5n - 2n, GAIN / 5n);
      const { highWater } = await world.vault.feeTerms();
      expect(highWater, "the mark is what a share is worth afterwards").to.equal(
        ceilDiv((nav + 1n) * VALUE_SCALE, supply + shares + VIRTUAL_SHARES),
      );
      for (let i = 0; i < 3; i++) expect(await accrue()).to.equal(0n);
      expect((await world.vault.feeTerms()).highWater).to.equal(highWater);
    });

    it("takes the same of a gain in two parts as of one", async () => {
      const round = await twin.snapshot();
      await setGain(GAIN);
      const once = await world.vault.convertToAssets(await accrue());
      await twin.revert(round);
      await setGain(GAIN / 4n);
      const first = await accrue();
      expect(await world.vault.convertToAssets(first)).to.be.within(GAIN / 20n - 2n, GAIN / 20n);
      await setGain(GAIN);
      const second = await accrue();
      // The recipient's first shares earn with the others, and their gain is charged like all: a fifth of the total either way.
      const worth = await world.vault.convertToAssets(second);
      expect(worth).to.be.within((GAIN * 3n) / 20n - 2n, (GAIN * 3n) / 20n);
      expect(once).to.be.within(GAIN / 5n - 2n, GAIN / 5n);
    });

    it("is nothing below the mark, nothing for coming back to it, and a fifth of what goes beyond", async () => {
      await setGain(GAIN);
      await accrue();
      const { highWater } = await world.vault.feeTerms();
      for (const gain of [GAIN - 1n, -GAIN, 0n, GAIN]) {
        await setGain(gain);
        expect(await accrue(), `at a gain of ${gain}`).to.equal(0n);
        expect((await world.vault.feeTerms()).highWater).to.equal(highWater);
      }
      await setGain(GAIN + 10_000n);
      const supply = await world.vault.totalSupply();
      const shares = await accrue();
      expect(shares).to.be.within(
        sharesWorth(1_999n, quoteUnits(world, "1100000") + 10_000n, supply),
        sharesWorth(2_000n, quoteUnits(world, "1100000") + 10_000n, supply),
      );
    });

    it("is nothing while the vault is worth nothing", async () => {
      const { highWater } = await world.vault.feeTerms();
      await setGain(-quoteUnits(world, "2000000"));
      expect(await world.vault.totalAssets()).to.equal(0n);
      expect(await accrue()).to.equal(0n);
      expect((await world.vault.feeTerms()).highWater).to.equal(highWater);
    });

    it("is not paid by newcomers for gains made before they came", async () => {
      await setGain(GAIN);
      const supply = await world.vault.totalSupply();
      await world.deposit(world.bob, "1100000");
      const nav = quoteUnits(world, "1100000");
      const fee = sharesWorth(gainAbove(FIRST_VALUE, nav, supply) / 5n, nav, supply);
      expect(await world.vault.balanceOf(recipient), "those who made the gain paid when he came").to.equal(fee);
      const bought = await world.vault.balanceOf(world.bob);
      expect(bought).to.equal((nav * (supply + fee + VIRTUAL_SHARES)) / (nav + 1n));
      expect(await accrue()).to.equal(0n);
      expect(await world.vault.convertToAssets(bought)).to.be.within(
        quoteUnits(world, "1100000") - 1n,
        quoteUnits(world, "1100000"),
      );
      // What is gained from here on they share, and pay for alike.
      await setGain(GAIN + quoteUnits(world, "220000"));
      const shares = await accrue();
      expect(await world.vault.convertToAssets(shares)).to.be.within(
        quoteUnits(world, "44000") - 2n,
        quoteUnits(world, "44000"),
      );
      expect(await world.vault.convertToAssets(bought)).to.be.within(
        quoteUnits(world, "1188000") - 3n,
        quoteUnits(world, "1188000"),
      );
    });

    it("is not paid by newcomers for a loss that was made good: they came below the mark", async () => {
      // The price of one mark for all: who comes below it rides up to it free of the fee.
      await setGain(GAIN);
      await accrue();
      await setGain(-GAIN);
      await world.deposit(world.bob, "100000");
      await setGain(GAIN);
      expect(await accrue()).to.equal(0n);
    });

    it("is paid by leavers, out of what they get", async () => {
      const fresh = await createVaultWorld(twin, { fees: feesAt(0, 2_000) });
      await fresh.deposit(fresh.alice, "1000000");
      await donateCollateral(fresh, fresh.bob, GAIN);
      const supply = await fresh.vault.totalSupply();
      const nav = await fresh.vault.totalAssets();
      await requestRedeem(fresh, fresh.alice, supply / 4n);
      // A second of interest on the gift lies between the reading and the settlement.
      const interest = GAIN / 1_000_000n;
      const fee = await fresh.vault.balanceOf(recipient);
      expect(fee).to.be.within(
        sharesWorth((nav - quoteUnits(fresh, "1000000")) / 5n, nav, supply),
        sharesWorth((nav + interest - quoteUnits(fresh, "1000000")) / 5n, nav, supply),
      );
      const assets = await fresh.vault.maxWithdraw(fresh.alice);
      expect(assets).to.be.within(
        (nav * (supply / 4n)) / (supply + fee) - 3n,
        ((nav + interest) * (supply / 4n)) / (supply + fee),
      );
      expect(assets, "a quarter, less a fifth of its gain").to.be.within(
        quoteUnits(fresh, "269999.9"),
        quoteUnits(fresh, "270000.1"),
      );
    });

    it("comes after the management fee, which is no gain", async () => {
      world = charged;
      const supply = await world.vault.totalSupply();
      const start = await accruedAt();
      await setGain(GAIN);
      await waitUntil(start + 73 * DAY);
      const shares = await accrue();
      const management = managementShares(supply, 200n, 73 * DAY);
      const nav = quoteUnits(world, "1100000");
      // What all shares, those of the management fee included, gained above the mark of one unit for a million shares.
      const gain = nav + 1n - (supply + management + VIRTUAL_SHARES) / VIRTUAL_SHARES;
      const performance = sharesWorth(gain / 5n, nav, supply + management);
      expect(shares - management).to.be.within(performance - 10n ** 6n, performance + 10n ** 6n);
    });

    for (const [words, donation] of [
      ["a unit", 1n],
      ["a cent", 10_000n],
    ] as const) {
      it(`is nothing of a first deposit, whatever a donor left in the empty vault: ${words}`, async () => {
        const fresh = await createVaultWorld(twin, { fees: feesAt(0, 2_000) });
        await donateCollateral(fresh, carol, donation);
        expect(await fresh.vault.totalAssets(), "it counts (control)").to.be.greaterThan(0n);
        await fresh.deposit(fresh.bob, "100000");
        const shares = await fresh.vault.balanceOf(fresh.bob);
        const worth = await fresh.vault.convertToAssets(shares);
        await (await fresh.vault.connect(carol).accrueFees()).wait();
        expect(await fresh.vault.balanceOf(recipient), "fee shares").to.equal(0n);
        expect(await fresh.vault.convertToAssets(shares)).to.be.greaterThan(worth - 2n);
      });
    }

    it("is nothing of a deposit into a vault that everybody left, but for a unit of rounding", async () => {
      const fresh = await createVaultWorld(twin, { fees: feesAt(0, 2_000) });
      await fresh.deposit(fresh.alice, "1000");
      await fresh.deposit(fresh.bob, "700");
      await twin.advance(4_000); // the base feed stands still: both wait
      for (const who of [fresh.alice, fresh.bob]) await requestRedeem(fresh, who, await fresh.vault.balanceOf(who));
      await donateCollateral(fresh, carol, 3n);
      await fresh.actors.pushOracle({ baseUsd: 2_500, quoteUsd: 1 });
      await (await fresh.vault.settle(2n)).wait();
      expect(await fresh.vault.totalSupply()).to.equal(await fresh.vault.balanceOf(recipient));
      if ((await fresh.vault.totalSupply()) > 0n) await redeemNow(fresh, carol, await fresh.vault.balanceOf(recipient));
      expect(await fresh.vault.totalSupply()).to.equal(0n);
      expect(await fresh.vault.totalAssets(), "what the division left").to.equal(1n);
      await fresh.deposit(fresh.bob, "100000");
      await (await fresh.vault.connect(carol).accrueFees()).wait();
      expect(await fresh.vault.balanceOf(recipient), "fee shares").to.equal(0n);
    });

    it("is taken once where the quote has 18 decimals and a donor raised the value of a share out of all proportion", async () => {
      const market = await twin.createMarket({ baseDecimals: 18, quoteDecimals: 18, baseIsToken0: true });
      const fresh = await createVaultWorld(twin, { market, fees: feesAt(0, 2_000) });
      await donateCollateral(fresh, carol, 10n ** 15n); // a thousandth of a token
      await fresh.deposit(fresh.bob, "100000");
      await (await fresh.vault.connect(carol).accrueFees()).wait();
      expect(await accrue(fresh), "nothing was gained since").to.equal(0n);
    });
  });

  describe("changes", () => {
    it("count at once when they are lower: the old rate up to that second, the new one from it", async () => {
      const supply = await world.vault.totalSupply();
      const start = await accruedAt();
      await waitUntil(start + 10 * DAY);
      await setFees(feesAt(50, 2_000));
      const first = managementShares(supply, 200n, 10 * DAY);
      expect(await world.vault.balanceOf(recipient)).to.equal(first);
      expect(await rates()).to.deep.equal([50n, 2_000n]);
      await waitUntil(start + 30 * DAY);
      expect(await accrue()).to.equal(managementShares(supply + first, 50n, 20 * DAY));
    });

    it("count only after the exit window when they are higher, to the second, through anyone, never for the past", async () => {
      await setFees(feesAt(50, 2_000));
      const start = await accruedAt();
      const supply = await world.vault.totalSupply();
      await twin.setNextTimestamp(start + 100);
      const receipt = await (await world.vault.connect(world.admin).setFees(recipient, 150, 2_000)).wait();
      const readyAt = start + 100 + EXIT_WINDOW;
      expect(eventsOf(receipt, "FeesScheduled")).to.deep.equal([[150n, 2_000n, BigInt(readyAt)]]);
      expect(eventsOf(receipt, "FeesChanged"), "what counts now").to.deep.equal([[recipient, 50n, 2_000n]]);
      expect(await rates()).to.deep.equal([50n, 2_000n]);
      const first = managementShares(supply, 50n, 100);
      expect(await world.vault.totalSupply()).to.equal(supply + first);

      await waitUntil(readyAt - 1);
      const early = world.vault.connect(world.bob).applyFees({ gasLimit: 1_000_000n });
      await expectRevert(
        early.then((sent) => sent.wait()),
        "HedgedVault_NotReady",
        [BigInt(readyAt)],
      );
      expect(await twin.timestamp()).to.equal(readyAt - 1);
      await twin.setNextTimestamp(readyAt);
      const applied = await (await world.vault.connect(world.bob).applyFees()).wait();
      expect(eventsOf(applied, "FeesChanged")).to.deep.equal([[recipient, 150n, 2_000n]]);
      const second = managementShares(supply + first, 50n, EXIT_WINDOW);
      expect(await world.vault.totalSupply(), "at the old rate").to.equal(supply + first + second);
      await expectRevert(world.vault.connect(world.bob).applyFees(), "HedgedVault_NotReady", [0n]);

      await waitUntil(readyAt + DAY);
      expect(await accrue(), "at the new rate").to.equal(managementShares(supply + first + second, 150n, DAY));
    });

    it("count from their application, not from the day on which they could have been applied", async () => {
      await setFees(feesAt(10, 2_000));
      const supply = await world.vault.totalSupply();
      await setFees(feesAt(200, 2_000));
      const scheduled = await accruedAt();
      const minted = await world.vault.totalSupply();
      await waitUntil(scheduled + EXIT_WINDOW + 40 * DAY);
      await (await world.vault.connect(world.bob).applyFees()).wait();
      expect((await world.vault.totalSupply()) - minted).to.equal(
        managementShares(minted, 10n, EXIT_WINDOW + 40 * DAY),
      );
      expect(minted - supply, "the second between the two calls").to.equal(managementShares(supply, 10n, 1));
    });

    it("of the performance fee never reach gains made before, with a recipient from the start or without", async () => {
      for (const fees of [feesAt(100, 0), undefined]) {
        const fresh = await createHostileWorld(twin, fees === undefined ? {} : { fees });
        const gain = async (quote: string): Promise<void> => {
          const equity = quoteUnits(fresh, quote);
          const state = { ...HARMLESS_STATE, equityMinQuote: equity, equityMaxQuote: equity };
          await (await fresh.hostile.setState(state)).wait();
        };
        await fresh.deposit(fresh.alice, "1000000");
        await gain("50000");
        await setFees(feesAt(0, 2_000), fresh);
        const scheduled = Number((await fresh.vault.feeTerms()).accruedAt);
        await gain("100000");
        await waitUntil(scheduled + EXIT_WINDOW, fresh);
        await (await fresh.vault.connect(fresh.bob).applyFees()).wait();
        expect(await rates(fresh)).to.deep.equal([0n, 2_000n]);
        expect(await accrue(fresh), "all of it was gained before").to.equal(0n);
        await gain("110000");
        const shares = await accrue(fresh);
        expect(await fresh.vault.convertToAssets(shares)).to.be.within(
          quoteUnits(fresh, "2000") - 2n,
          quoteUnits(fresh, "2000"),
        );
      }
    });

    it("up in one rate and down in the other: the lower one at once, the higher one later", async () => {
      await setFees(feesAt(100, 1_000));
      await setFees(feesAt(50, 1_500));
      expect(await rates()).to.deep.equal([50n, 1_000n]);
      const scheduled = await accruedAt();
      await waitUntil(scheduled + EXIT_WINDOW);
      await (await world.vault.applyFees()).wait();
      expect(await rates()).to.deep.equal([50n, 1_500n]);
    });

    it("drop a pending increase when a lower one follows", async () => {
      await setFees(feesAt(100, 1_000));
      await setFees(feesAt(200, 2_000));
      const readyAt = (await world.vault.feeTerms()).nextAt;
      expect(readyAt, "pending (control)").to.be.greaterThan(0n);
      await setFees(feesAt(90, 1_000));
      const t = await world.vault.feeTerms();
      expect([t.nextManagementBps, t.nextPerformanceBps, t.nextAt]).to.deep.equal([0n, 0n, 0n]);
      await waitUntil(Number(readyAt) + 1);
      await expectRevert(world.vault.applyFees(), "HedgedVault_NotReady", [0n]);
      expect(await rates()).to.deep.equal([90n, 1_000n]);
    });

    it("start the window anew when another increase follows", async () => {
      await setFees(feesAt(100, 1_000));
      await setFees(feesAt(200, 1_000));
      const first = Number((await world.vault.feeTerms()).nextAt);
      await waitUntil(first - DAY);
      await setFees(feesAt(150, 1_000));
      const second = first - DAY + EXIT_WINDOW;
      await waitUntil(first);
      const early = world.vault.applyFees({ gasLimit: 1_000_000n });
      await expectRevert(
        early.then((sent) => sent.wait()),
        "HedgedVault_NotReady",
        [BigInt(second)],
      );
      await waitUntil(second);
      await (await world.vault.applyFees()).wait();
      expect(await rates()).to.deep.equal([150n, 1_000n]);
    });

    it("pay the old recipient up to that second and the new one from it", async () => {
      const bob = await world.bob.getAddress();
      const supply = await world.vault.totalSupply();
      const start = await accruedAt();
      await waitUntil(start + DAY);
      await setFees({ feeRecipient: bob, managementBps: 200, performanceBps: 2_000 });
      const first = managementShares(supply, 200n, DAY);
      expect(await world.vault.balanceOf(recipient)).to.equal(first);
      expect(await world.vault.balanceOf(bob)).to.equal(0n);
      await twin.setNextTimestamp(start + DAY + 60);
      await accrue();
      expect(await world.vault.balanceOf(recipient)).to.equal(first);
      expect(await world.vault.balanceOf(bob)).to.equal(managementShares(supply + first, 200n, 60));
    });

    it("to nobody need both rates zero; they end all fees at once", async () => {
      const { vault } = world;
      const asAdmin = vault.connect(world.admin);
      for (const [managementBps, performanceBps] of [
        [200, 0],
        [0, 2_000],
        [1, 1],
      ] as const) {
        await expectRevert(
          asAdmin.setFees(ZeroAddress, managementBps, performanceBps),
          "HedgedVault_NoFeeRecipient",
          [],
        );
      }
      const supply = await vault.totalSupply();
      const start = await accruedAt();
      await waitUntil(start + DAY);
      await setFees({ feeRecipient: ZeroAddress, managementBps: 0, performanceBps: 0 });
      const paid = managementShares(supply, 200n, DAY);
      expect(await vault.balanceOf(recipient)).to.equal(paid);
      await setGain(quoteUnits(world, "1000"));
      await world.actors.step({ seconds: 30 * DAY });
      expect(await accrue()).to.equal(0n);
      expect(await vault.totalSupply()).to.equal(supply + paid);
      // And to come back they take the window like any other increase.
      await expectRevert(asAdmin.setFees(ZeroAddress, 1, 0), "HedgedVault_NoFeeRecipient", []);
      await setFees(feesAt(1, 0));
      expect(await rates()).to.deep.equal([0n, 0n]);
    });

    it("are capped in bytecode, with the value and the bound in the error", async () => {
      const asAdmin = world.vault.connect(world.admin);
      const most = (1n << 256n) - 1n;
      for (const value of [201n, 65_536n + 100n, most]) {
        await expectRevert(asAdmin.setFees(recipient, value, 0), "HedgedVault_ParamOutOfBounds", [
          encodeBytes32String("managementBps"),
          value,
          0n,
          200n,
        ]);
      }
      for (const value of [2_001n, 65_536n + 100n, most]) {
        await expectRevert(asAdmin.setFees(recipient, 0, value), "HedgedVault_ParamOutOfBounds", [
          encodeBytes32String("performanceBps"),
          value,
          0n,
          2_000n,
        ]);
      }
      await setFees(feesAt(200, 2_000)); // control: the caps themselves
    });

    it("are the owner's; applying and accruing are anyone's", async () => {
      for (const who of [world.keeper, world.guardian, world.bob, carol]) {
        await expectRevert(world.vault.connect(who).setFees(recipient, 0, 0), "AccessManagedUnauthorized", [
          await who.getAddress(),
        ]);
      }
      await (await world.vault.connect(world.bob).accrueFees()).wait();
    });

    it("and accruals wait for a healthy oracle", async () => {
      await setFees(feesAt(100, 0));
      await setFees(feesAt(200, 0));
      await world.actors.step({ seconds: EXIT_WINDOW, push: false });
      const flags = [OracleFlag.baseStale | OracleFlag.quoteStale];
      await expectRevert(world.vault.accrueFees(), "HedgedVault_OracleUnhealthy", flags);
      await expectRevert(world.vault.applyFees(), "HedgedVault_OracleUnhealthy", flags);
      await expectRevert(
        world.vault.connect(world.admin).setFees(recipient, 0, 0),
        "HedgedVault_OracleUnhealthy",
        flags,
      );
      await world.actors.pushOracle({ baseUsd: 2_500, quoteUsd: 1 });
      await (await world.vault.applyFees()).wait();
      expect(await rates()).to.deep.equal([200n, 0n]);
    });
  });

  describe("previews and conversions while fees are due", () => {
    it("count the shares that are due, to the unit", async () => {
      const supply = await world.vault.totalSupply();
      await setGain(quoteUnits(world, "100000"));
      const start = await accruedAt();
      await world.actors.step({ until: start + 20 * DAY });
      const nav = quoteUnits(world, "1100000");
      const round = await twin.snapshot();
      // What an accrual in that very block would mint: one second less than one in the next block.
      const management = managementShares(supply, 200n, 20 * DAY);
      const gain = gainAbove(FIRST_VALUE, nav, supply + management);
      const due = management + sharesWorth(gain / 5n, nav, supply + management);
      const all = supply + due + VIRTUAL_SHARES;
      const assets = quoteUnits(world, "4321.123456");
      const shares = 4_321n * TOKEN + 1n;
      expect(await world.vault.convertToShares(assets)).to.equal((assets * all) / (nav + 1n));
      expect(await world.vault.convertToAssets(shares)).to.equal((shares * (nav + 1n)) / all);
      expect(await world.vault.previewDeposit(assets)).to.equal((assets * all) / (nav + 1n));
      expect(await world.vault.previewMint(shares)).to.equal(ceilDiv(shares * (nav + 1n), all));
      // The accrual itself changes none of them: a second more of the management fee is all that lies between.
      const before = await world.vault.convertToAssets(10n ** 24n);
      await accrue();
      const after = await world.vault.convertToAssets(10n ** 24n);
      expect(before - after).to.be.within(0n, before / 10n ** 9n);
      await twin.revert(round);
    });

    it(`deposit gives what its preview said or more, mint takes what its preview said or less (seed ${SEED})`, async () => {
      await setGain(quoteUnits(world, "77777.777777"));
      const caller = await multicallSigner(world);
      await fundAndApprove(world, caller, world.market.quote, quoteUnits(world, "90000000"), world.addresses.vault);
      const bob = await world.bob.getAddress();
      const random = xoroshiro128plus(SEED);
      await world.actors.step({ until: (await accruedAt()) + 100 * DAY });
      for (let i = 0; i < 20; i++) {
        const assets = BigInt(uniformInt(random, 1, 10 ** uniformInt(random, 1, 9)));
        const shares = BigInt(uniformInt(random, 1, 10 ** uniformInt(random, 1, 9))) * 10n ** BigInt(i % 7);
        const results = await atOnce(world, [
          ["previewDeposit", assets],
          ["previewMint", shares],
          ["deposit", assets, bob],
          ["previewMint", shares],
          ["mint", shares, bob],
        ]);
        const [preview, early, got, late, paid] = results.map(([value]) => BigInt(value)) as [
          bigint,
          bigint,
          bigint,
          bigint,
          bigint,
        ];
        expect(got, `deposit of ${assets}`).to.equal(preview);
        expect(paid, `mint of ${shares}`).to.equal(late);
        expect(paid <= early, "another's deposit, with its accrual, makes it no dearer").to.equal(true);
      }
      // In the next block more is due, so a deposit gives more and a mint takes less.
      const assets = quoteUnits(world, "1000");
      const preview = await world.vault.previewDeposit(assets);
      await twin.setNextTimestamp((await twin.timestamp()) + 600);
      await world.deposit(world.bob, "1000");
      expect(await world.vault.balanceOf(bob)).to.be.greaterThan(preview);
    });

    it("maxMint and maxDeposit stay usable", async () => {
      await setGain(quoteUnits(world, "100000"));
      await world.actors.step({ until: (await accruedAt()) + 100 * DAY });
      const cap = quoteUnits(world, "1100500");
      await (await world.vault.connect(world.admin).setDepositCap(cap)).wait();
      expect(await world.vault.maxDeposit(world.bob)).to.equal(quoteUnits(world, "500"));
      const shares = await world.vault.maxMint(world.bob);
      expect(shares).to.equal(await world.vault.previewDeposit(quoteUnits(world, "500")));
      await fundAndApprove(world, world.bob, world.market.quote, quoteUnits(world, "500"), world.addresses.vault);
      await (await world.vault.connect(world.bob).mint(shares, world.bob)).wait();
      expect(await world.vault.totalAssets()).to.be.within(cap - 2n, cap);
      expect(await erc20Contract(world.market.quote, world.bob).balanceOf(await world.bob.getAddress())).to.be.lessThan(
        10n,
      );
    });
  });
});
