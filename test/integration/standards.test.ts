import { expect } from "chai";
import { dataSlice, id, MaxUint256, type Signer, toBeHex, ZeroAddress } from "ethers";
import { after, before, beforeEach, describe, it } from "mocha";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

import { startTwin, type Twin, type TwinSnapshot } from "../../localnet/twin.ts";
import { erc20Contract, vaultContract } from "../../sdk/chain/contracts.ts";
import {
  atOnce,
  claimAll,
  createVaultWorld,
  eventsOf,
  expectRevert,
  fundAndApprove,
  multicallSigner,
  quoteOf,
  quoteUnits,
  requestRedeem,
  type VaultWorld,
} from "./world.ts";

const SEED = 20261122;
const TOKEN = 10n ** 12n;
const DAY = 86_400;
const SIZES = 15;

/** Number of an interface: its functions' selectors, one laid over the other. */
const interfaceIdOf = (...functions: readonly string[]): string =>
  toBeHex(
    functions.reduce((sum, signature) => sum ^ BigInt(dataSlice(id(signature), 0, 4)), 0n),
    4,
  );

/** In what states a vault may be found; `open` ones take deposits. */
const STATES = [
  "empty",
  "idle",
  "invested",
  "with fees due",
  "with a queue",
  "with a dead oracle",
  "winding down",
] as const;
type State = (typeof STATES)[number];
const OPEN: readonly State[] = ["empty", "idle", "invested", "with fees due", "with a queue"];

describe("what the standards ask for", () => {
  let twin: Twin;
  let fresh: TwinSnapshot;
  let world: VaultWorld;
  let alice: string;
  let bob: string;
  let carol: Signer;
  let carolAddress: string;

  before(async () => {
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
    const recipient = (await twin.ethers.getSigners())[6] as Signer;
    world = await createVaultWorld(twin, {
      fees: { feeRecipient: await recipient.getAddress(), managementBps: 200, performanceBps: 2_000 },
    });
    carol = (await twin.ethers.getSigners())[5] as Signer;
    [alice, bob, carolAddress] = await Promise.all([
      world.alice.getAddress(),
      world.bob.getAddress(),
      carol.getAddress(),
    ]);
    const caller = await multicallSigner(world);
    await fundAndApprove(world, caller, world.market.quote, quoteUnits(world, "400000000"), world.addresses.vault);
    fresh = await twin.snapshot();
  });
  after(async () => {
    await twin.close();
  });

  const bring = async (state: State): Promise<void> => {
    await twin.revert(fresh);
    if (state === "empty") return;
    await world.deposit(world.alice, "1000000");
    await world.deposit(world.bob, "123456.789012");
    if (state === "idle") return;
    for (const price of [2_500, 2_440, 2_510, 2_465]) {
      await world.actors.step({ price, volumeQuote: 1e7, seconds: 900, push: true });
      await world.tick({ bandSafety: 0.01 });
    }
    expect((await world.vault.feeLedger()).moveCostPpm, "coming has a price").to.be.greaterThan(0n);
    if (state === "with fees due") {
      await world.actors.step({ price: 2_480, volumeQuote: 5e8, seconds: 20 * DAY });
    } else if (state === "with a queue") {
      await twin.advance(4_000);
      await requestRedeem(world, world.alice, 200_000n * TOKEN);
      await requestRedeem(world, world.bob, 5_000n * TOKEN);
      await world.actors.pushOracle({ baseUsd: 2_465, quoteUsd: 1 });
    } else if (state === "with a dead oracle") {
      await requestRedeem(world, world.alice, 1_000n * TOKEN); // settled: a claim to be paid without any price
      await twin.advance(200_000);
      await requestRedeem(world, world.bob, 5_000n * TOKEN);
    } else if (state === "winding down") {
      await (await world.vault.connect(world.guardian).startWindDown()).wait();
    }
  };
  const numbers = async (...calls: readonly (readonly [string, ...unknown[]])[]): Promise<readonly bigint[]> =>
    (await atOnce(world, calls)).map(([value]) => BigInt(value));
  /** The same read as different callers. */
  const asEverybody = async <T>(read: (vault: ReturnType<typeof vaultContract>) => Promise<T>): Promise<readonly T[]> =>
    await Promise.all(
      [world.alice, world.bob, world.admin, carol].map((who) => read(vaultContract(world.addresses.vault, who))),
    );

  for (const state of STATES) {
    describe(state, () => {
      let start: TwinSnapshot;
      before(async () => {
        await bring(state);
        start = await twin.snapshot();
      });
      beforeEach(async () => {
        await twin.revert(start);
      });
      const random = xoroshiro128plus(SEED);
      const anyAssets = (): bigint => BigInt(uniformInt(random, 1_000, 10 ** uniformInt(random, 4, 12)));
      const anyShares = (): bigint => anyAssets() * 10n ** BigInt(uniformInt(random, 0, 6));

      describe("ERC-4626", () => {
        it("converts alike for every caller, rounded down, neither way round to anybody's gain", async () => {
          for (let i = 0; i < SIZES; i++) {
            const [assets, shares] = [anyAssets(), anyShares()];
            const conversions = await asEverybody(async (vault) => [
              await vault.convertToShares(assets),
              await vault.convertToAssets(shares),
            ]);
            for (const each of conversions) expect(each).to.deep.equal(conversions[0]);
            const [toShares = 0n, toAssets = 0n] = conversions[0] ?? [];
            expect(await world.vault.convertToAssets(toShares)).to.be.within(0n, assets);
            expect(await world.vault.convertToShares(toAssets)).to.be.within(0n, shares);
            expect(await world.vault.convertToShares(assets + 1n), "no fewer for more").to.be.greaterThan(
              toShares - 1n,
            );
          }
          expect([await world.vault.convertToShares(0n), await world.vault.convertToAssets(0n)]).to.deep.equal([
            0n,
            0n,
          ]);
        });

        it("never values all shares above all assets", async () => {
          const supply = await world.vault.totalSupply();
          const nav = await world.vault.totalAssets();
          const all = await world.vault.convertToAssets(supply);
          // What is missing belongs to the fee that is due, to virtual shares, and to rounding.
          expect(all).to.be.within(
            ["with fees due", "with a dead oracle"].includes(state) ? (nav * 98n) / 100n : (nav * 9_999n) / 10_000n,
            nav,
          );
        });

        it("answers all four limits for anybody, reverting for nobody", async () => {
          for (const who of [alice, bob, carolAddress, ZeroAddress, world.addresses.vault, world.market.pool]) {
            for (const limit of ["maxDeposit", "maxMint", "maxWithdraw", "maxRedeem"] as const) {
              expect(await world.vault[limit](who), `${limit}(${who})`).to.be.a("bigint");
            }
          }
          expect((await world.vault.maxDeposit(bob)) > 0n).to.equal(OPEN.includes(state));
          expect((await world.vault.maxMint(bob)) > 0n).to.equal(OPEN.includes(state));
        });

        if (!OPEN.includes(state)) {
          it("takes no deposit where the limits say zero, not even in the previews", async () => {
            await fundAndApprove(world, carol, world.market.quote, quoteUnits(world, "10"), world.addresses.vault);
            const expected = state === "winding down" ? "HedgedVault_DepositsClosed" : "HedgedVault_OracleUnhealthy";
            await expectRevert(world.vault.connect(carol).deposit(1_000_000n, carol), expected);
            await expectRevert(world.vault.connect(carol).mint(TOKEN, carol), expected);
            await expectRevert(world.vault.previewDeposit(1_000_000n), expected);
            await expectRevert(world.vault.previewMint(TOKEN), expected);
          });
          return;
        }

        it("deposits and mints exactly what the previews say, to the last unit", async () => {
          for (let i = 0; i < SIZES; i++) {
            const [assets, shares] = [anyAssets(), anyShares()];
            const [preview, got] = await numbers(["previewDeposit", assets], ["deposit", assets, bob]);
            expect(got, `deposit of ${assets}`).to.equal(preview);
            const [cost, paid] = await numbers(["previewMint", shares], ["mint", shares, bob]);
            expect(paid, `mint of ${shares}`).to.equal(cost);
          }
        });

        it("previews alike for every caller", async () => {
          const previews = await asEverybody(async (vault) => [
            await vault.previewDeposit(1_234_567n),
            await vault.previewMint(1_234_567n * 10n ** 6n),
          ]);
          for (const each of previews) expect(each).to.deep.equal(previews[0]);
        });

        it("gives no more for a deposit, and asks no less for a mint, than the conversions say", async () => {
          for (let i = 0; i < SIZES; i++) {
            const [assets, shares] = [anyAssets(), anyShares()];
            expect((await world.vault.previewDeposit(assets)) <= (await world.vault.convertToShares(assets))).to.equal(
              true,
            );
            expect((await world.vault.previewMint(shares)) >= (await world.vault.convertToAssets(shares))).to.equal(
              true,
            );
          }
        });

        it("rounds against the depositor, by deposit and mint alike", async () => {
          for (let i = 0; i < SIZES; i++) {
            const assets = anyAssets();
            const shares = await world.vault.previewDeposit(assets);
            expect(await world.vault.previewMint(shares), "the same shares").to.be.within(assets - 2n, assets);
            const more = await world.vault.previewMint(shares + 10n ** 8n);
            expect(await world.vault.previewDeposit(more), "the same assets").to.be.greaterThan(
              shares + 10n ** 8n - 1n,
            );
          }
        });

        it("takes a deposit up to the limit, and not a unit beyond it", async () => {
          const cap = await world.vault.depositCapQuote();
          const [most, mostShares] = (await numbers(["maxDeposit", bob], ["maxMint", bob])) as [bigint, bigint];
          const nav = await world.vault.totalAssets();
          expect(most).to.equal(cap - nav);
          const [, after] = await numbers(["deposit", most, bob], ["totalAssets"]);
          // Whoever waits is paid out of it.
          expect(after).to.be.within(state === "with a queue" ? cap - quoteUnits(world, "205000") : cap, cap);
          const [paid] = await numbers(["mint", mostShares, bob]);
          expect(paid).to.be.within(most - 2n, most);

          await twin.revert(start);
          await fundAndApprove(world, carol, world.market.quote, 2n * cap, world.addresses.vault);
          await expectRevert(
            world.vault.connect(carol).deposit(most + quoteUnits(world, "1"), carol),
            "HedgedVault_DepositAboveCap",
          );
          await expectRevert(world.vault.connect(carol).mint(mostShares + TOKEN, carol), "HedgedVault_DepositAboveCap");
        });

        it("takes exactly the assets from the caller and gives exactly the shares to the receiver", async () => {
          const assets = quoteUnits(world, "2345.678901");
          const token = erc20Contract(world.market.quote, carol);
          await fundAndApprove(world, carol, world.market.quote, 3n * assets, world.addresses.vault);
          const before = { quote: await quoteOf(world, carol), shares: await world.vault.balanceOf(bob) };
          const deposit = await (await world.vault.connect(carol).deposit(assets, bob)).wait();
          const shares = (await world.vault.balanceOf(bob)) - before.shares;
          expect(eventsOf(deposit, "Deposit")).to.deep.equal([[carolAddress, bob, assets, shares]]);
          expect(before.quote - (await quoteOf(world, carol))).to.equal(assets);
          expect(await token.allowance(carolAddress, world.addresses.vault)).to.equal(2n * assets);

          const wanted = 777n * TOKEN + 7n;
          const quote = await quoteOf(world, carol);
          const mint = await (await world.vault.connect(carol).mint(wanted, bob)).wait();
          const cost = quote - (await quoteOf(world, carol));
          expect(eventsOf(mint, "Deposit")).to.deep.equal([[carolAddress, bob, cost, wanted]]);
          expect(await world.vault.balanceOf(bob)).to.equal(before.shares + shares + wanted);
          expect(await token.allowance(carolAddress, world.addresses.vault)).to.equal(2n * assets - cost);
          expect(await world.vault.balanceOf(carolAddress)).to.equal(0n);
        });

        it("takes nothing from who approved or holds too little", async () => {
          const assets = quoteUnits(world, "100");
          await twin.mint(world.market.quote, carolAddress, assets);
          const call = world.vault.connect(carol).deposit(assets, carol, { gasLimit: 3_000_000n });
          const failure = await call
            .then((sent) => sent.wait())
            .then(
              () => undefined,
              (error: unknown) => error,
            );
          expect(failure).to.not.equal(undefined);
          expect(await quoteOf(world, carol)).to.equal(assets);
          await fundAndApprove(world, carol, world.market.quote, 0n, world.addresses.vault);
          await (
            await erc20Contract(world.market.quote, carol).getFunction("approve")(world.addresses.vault, assets)
          ).wait();
          await (await world.vault.connect(carol).deposit(assets, carol)).wait();
          expect(await quoteOf(world, carol), "with an allowance it does (control)").to.equal(0n);
        });
      });

      describe("ERC-7540", () => {
        it("previews no exit: both revert for every caller and amount", async () => {
          for (const who of [world.alice, carol]) {
            for (const amount of [0n, 1n, TOKEN, MaxUint256]) {
              const vault = world.vault.connect(who);
              await expectRevert(vault.previewRedeem(amount), "HedgedVault_AsyncOnly", []);
              await expectRevert(vault.previewWithdraw(amount), "HedgedVault_AsyncOnly", []);
            }
          }
        });

        it("reads requests alike for every caller, reverts for no id, and knows whose they are", async () => {
          const tail = await world.vault.queueTail();
          for (const requestId of [0n, 1n, 2n, tail, tail + 1n, MaxUint256]) {
            for (const who of [alice, bob, carolAddress, ZeroAddress]) {
              const reads = await asEverybody(async (vault) => [
                await vault.pendingRedeemRequest(requestId, who),
                await vault.claimableRedeemRequest(requestId, who),
                await vault.claimableCancelRedeemRequest(requestId, who),
              ]);
              for (const each of reads) expect(each).to.deep.equal(reads[0]);
              if (who === carolAddress || who === ZeroAddress || requestId === 0n || requestId >= tail) {
                expect(reads[0], `request ${requestId} of ${who}`).to.deep.equal([0n, 0n, 0n]);
              }
            }
          }
        });

        if (state === "empty") return;

        it("takes the shares at the request, with a new id and an event, into pending or claimable and nowhere else", async () => {
          const tail = await world.vault.queueTail();
          const shares = 50n * TOKEN;
          const before = { owner: await world.vault.balanceOf(alice), claims: await world.vault.maxRedeem(bob) };
          expect(await world.vault.connect(world.alice).requestRedeem.staticCall(shares, bob, alice)).to.equal(tail);
          const receipt = await (await world.vault.connect(world.alice).requestRedeem(shares, bob, alice)).wait();
          expect(eventsOf(receipt, "RedeemRequest")).to.deep.equal([[bob, alice, tail, alice, shares]]);
          expect(await world.vault.balanceOf(alice)).to.equal(before.owner - shares);
          const [pending, claimable] = [
            await world.vault.pendingRedeemRequest(tail, bob),
            await world.vault.claimableRedeemRequest(tail, bob),
          ];
          expect(pending + claimable).to.equal(shares);
          expect(pending === 0n || claimable === 0n, "whole, since there is nothing to part it for").to.equal(true);
          expect(await world.vault.pendingRedeemRequest(tail, alice), "the controller's, not the owner's").to.equal(0n);
          if (claimable > 0n) expect(await world.vault.maxRedeem(bob)).to.be.greaterThan(before.claims + shares - 1n);
          expect(claimable > 0n, "settled at once where it could be").to.equal(state !== "with a dead oracle");
        });

        it("keeps exactly the pending shares in escrow", async () => {
          await requestRedeem(world, world.bob, 20n * TOKEN);
          let waiting = 0n;
          for (let request = 1n; request < (await world.vault.queueTail()); request++) {
            for (const who of [alice, bob]) waiting += await world.vault.pendingRedeemRequest(request, who);
          }
          expect(await world.vault.balanceOf(world.addresses.vault)).to.equal(waiting);
          expect(waiting > 0n).to.equal(state === "with a dead oracle");
        });

        it("lets nobody ask for another's shares but by operator or allowance", async () => {
          const vault = world.vault.connect(carol);
          await expectRevert(vault.requestRedeem(TOKEN, carol, alice), "ERC20InsufficientAllowance", [
            carolAddress,
            0n,
            TOKEN,
          ]);
          expect(await world.vault.connect(world.alice).setOperator.staticCall(carol, true)).to.equal(true);
          const approval = await (await world.vault.connect(world.alice).setOperator(carol, true)).wait();
          expect(eventsOf(approval, "OperatorSet")).to.deep.equal([[alice, carolAddress, true]]);
          await (await vault.requestRedeem(TOKEN, carol, alice)).wait();
          await (await world.vault.connect(world.alice).setOperator(carol, false)).wait();
          expect(await world.vault.isOperator(alice, carolAddress)).to.equal(false);
          await (await world.vault.connect(world.alice).approve(carol, TOKEN)).wait();
          await (await vault.requestRedeem(TOKEN, carol, alice)).wait();
          expect(await world.vault.allowance(alice, carolAddress)).to.equal(0n);
          const balance = await world.vault.balanceOf(alice);
          await expectRevert(
            world.vault.connect(world.alice).requestRedeem(balance + 1n, alice, alice),
            "ERC20InsufficientBalance",
          );
        });

        it("pays claims in full, up to the limit and not beyond, to any receiver, burning nothing more", async () => {
          if (state !== "with a dead oracle") await requestRedeem(world, world.alice, 300n * TOKEN);
          const [shares, assets] = [await world.vault.maxRedeem(alice), await world.vault.maxWithdraw(alice)];
          expect(shares).to.be.greaterThan(0n);
          const asAlice = world.vault.connect(world.alice);
          const { vault } = world;
          await expectRevert(asAlice.redeem(shares + 1n, carol, alice), "HedgedVault_ClaimExceedsMax", [
            shares + 1n,
            shares,
          ]);
          await expectRevert(asAlice.withdraw(assets + 1n, carol, alice), "HedgedVault_ClaimExceedsMax", [
            assets + 1n,
            assets,
          ]);
          await expectRevert(vault.connect(carol).redeem(1n, carol, alice), "HedgedVault_NotController", [
            carolAddress,
            alice,
          ]);
          const supply = await vault.totalSupply();
          const part = shares / 3n;
          const receipt = await (await asAlice.redeem(part, carol, alice)).wait();
          const paid = (assets * part) / shares;
          expect(eventsOf(receipt, "Withdraw")).to.deep.equal([[alice, carolAddress, alice, paid, part]]);
          expect(await quoteOf(world, carol)).to.equal(paid);
          expect([await vault.maxRedeem(alice), await vault.maxWithdraw(alice)]).to.deep.equal([
            shares - part,
            assets - paid,
          ]);
          await (await asAlice.withdraw(assets - paid, carol, alice)).wait();
          expect(await quoteOf(world, carol), "to the unit").to.equal(assets);
          expect([await vault.maxRedeem(alice), await vault.maxWithdraw(alice)]).to.deep.equal([0n, 0n]);
          expect(await vault.totalSupply(), "burnt when they were settled").to.equal(supply);
        });

        it("keeps claims apart from what the shares are worth: NAV does not move when they are paid", async () => {
          if (state !== "with a dead oracle") await requestRedeem(world, world.alice, 300n * TOKEN);
          const [idle, reserved] = [await world.vault.idle(), await world.vault.reservedQuote()];
          const assets = await claimAll(world, world.alice);
          expect(assets).to.be.greaterThan(0n);
          expect(await world.vault.reservedQuote()).to.equal(reserved - assets);
          expect([...(await world.vault.idle())]).to.deep.equal([...idle]);
        });
      });

      describe("ERC-7887", () => {
        if (state !== "with a dead oracle" && state !== "with a queue") return;

        it("cancels what waits, in two steps, and nothing of what is settled", async () => {
          const [who, controller, request] = state === "with a queue" ? [world.alice, alice, 1n] : [world.bob, bob, 2n];
          const vault = world.vault.connect(who);
          const waiting = await vault.pendingRedeemRequest(request, controller);
          const balance = await vault.balanceOf(controller);
          await (await vault.cancelRedeemRequest(request, controller)).wait();
          expect(await vault.pendingRedeemRequest(request, controller)).to.equal(0n);
          expect(await vault.pendingCancelRedeemRequest(request, controller)).to.equal(false);
          expect(await vault.claimableCancelRedeemRequest(request, controller)).to.equal(waiting);
          expect(await vault.balanceOf(controller), "nothing is pushed").to.equal(balance);
          await (await vault.claimCancelRedeemRequest(request, controller, controller)).wait();
          expect(await vault.balanceOf(controller)).to.equal(balance + waiting);
          expect(await vault.claimableCancelRedeemRequest(request, controller)).to.equal(0n);
        });
      });
    });
  }

  describe("interfaces", () => {
    before(async () => {
      await bring("idle");
    });

    const REDEEM = ["requestRedeem(uint256,address,address)", "pendingRedeemRequest(uint256,address)"];
    const IDS = {
      "ERC-165": [interfaceIdOf("supportsInterface(bytes4)"), "0x01ffc9a7"],
      "ERC-7540 operators": [interfaceIdOf("setOperator(address,bool)", "isOperator(address,address)"), "0xe3bc4e65"],
      "ERC-7540 redemption": [interfaceIdOf(...REDEEM, "claimableRedeemRequest(uint256,address)"), "0x620ee8e4"],
      "ERC-7887 redemption": [
        interfaceIdOf(
          "cancelRedeemRequest(uint256,address)",
          "pendingCancelRedeemRequest(uint256,address)",
          "claimableCancelRedeemRequest(uint256,address)",
          "claimCancelRedeemRequest(uint256,address,address)",
        ),
        "0xe76cffc7",
      ],
    } as const;
    for (const [name, [computed, published]] of Object.entries(IDS)) {
      it(`${name}: the number in its text is that of its functions, and the vault answers to it`, async () => {
        expect(computed).to.equal(published);
        expect(await world.vault.supportsInterface(published)).to.equal(true);
      });
    }

    it("ERC-7575: answers to its number, and share and asset are what they say", async () => {
      expect(await world.vault.supportsInterface("0x2f0a18c5")).to.equal(true);
      expect(await world.vault.share()).to.equal(world.addresses.vault);
      expect(await world.vault.asset()).to.equal(world.market.quote);
      const token = erc20Contract(await world.vault.share(), world.bob);
      expect(await token.balanceOf(alice), "the share is the token that depositors hold").to.equal(
        await world.vault.balanceOf(alice),
      );
      expect(await token.decimals()).to.equal(BigInt(world.market.quoteDecimals) + 6n);
    });

    it("ERC-165: no to what it is not, within 30,000 gas", async () => {
      // Nothing; the invalid id; asynchronous deposits (7540, 7887); share tokens of several vaults (7575).
      for (const other of ["0x00000000", "0xffffffff", "0xce3bbe50", "0x8bf840e3", "0xf815c03d"]) {
        expect(await world.vault.supportsInterface(other), other).to.equal(false);
        const gas = await world.vault.supportsInterface.estimateGas(other);
        expect(gas - 21_000n).to.be.lessThan(30_000n);
      }
    });
  });
});
