import { expect } from "chai";
import type { Signer } from "ethers";
import { after, afterEach, before, describe, it } from "mocha";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { uniformInt } from "pure-rand/distribution/uniformInt";

import { startTwin, type Twin, type TwinSnapshot } from "../../localnet/twin.ts";
import { vaultInterface } from "../../sdk/chain/contracts.ts";
import { parseRevert } from "../../sdk/chain/revert.ts";
import {
  claimAll,
  createHostileWorld,
  expectRevert,
  fundAndApprove,
  HARMLESS_STATE,
  type HostileWorld,
  requestRedeem,
  revertOf,
} from "./world.ts";

const TOKEN = 10n ** 12n;
const DAY = 86_400;
const SETTLED = { status: 0n, baseReceived: 0n, quoteReceived: 0n };
const PENDING = { ...SETTLED, status: 1n };
/** The purpose-built adversary is the second hedge. */
const LEAVE_HOSTILE = 2n;

/** What a venue that answers later, never, twice or wrongly may do to those who want to leave. */
describe("a venue that answers later", () => {
  let twin: Twin;
  let world: HostileWorld;
  let start: TwinSnapshot;

  before(async () => {
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
    world = await createHostileWorld(twin);
    for (const who of [world.alice, world.bob]) await world.deposit(who, "500000");
    await world.tick();
    start = await twin.snapshot();
  });
  afterEach(() => twin.revert(start));
  after(() => twin.close());

  const setPending = async (pending: boolean): Promise<void> => {
    await (await world.hostile.setFlow(pending ? PENDING : SETTLED)).wait();
    await (await world.hostile.setState({ ...HARMLESS_STATE, pending })).wait();
  };
  const push = async (): Promise<void> => {
    const price = await world.actors.readPrice();
    await world.actors.pushOracle({ baseUsd: price, quoteUsd: 1 });
  };
  const exit = async (who: Signer, id: bigint): Promise<void> => {
    await fundAndApprove(world, who, world.market.base, 10n ** 20n, world.addresses.vault);
    await (await world.vault.connect(who).exitInKind(id, who, 10n ** 20n, LEAVE_HOSTILE)).wait();
  };

  for (const seed of [11, 12, 13]) {
    it(`V11 leaves nobody stuck: pending orders, requests, cancels, parts and exits in any order (seed ${seed})`, async () => {
      const random = xoroshiro128plus(seed);
      const pick = (below: number): number => uniformInt(random, 0, below - 1);
      const people = [world.alice, world.bob];
      const open = new Map<bigint, Signer>();
      const done = { requested: 0, settled: 0, refused: 0, cancelled: 0, left: 0 };
      for (let i = 0; i < 400 && Object.values(done).some((count) => count < 2); i++) {
        const who = people[pick(2)] as Signer;
        const oldest = [...open.keys()][0];
        switch (pick(7)) {
          case 0:
            await setPending(pick(3) === 0);
            break;
          case 1:
            open.set(await requestRedeem(world, who, BigInt(1 + pick(5_000)) * TOKEN), who);
            done.requested++;
            break;
          case 2:
          case 3: {
            const parts = BigInt(1 + pick(2_000)) * TOKEN;
            const call = pick(2) === 0 ? world.vault.settle(10n) : world.vault.settleShares(10n, parts);
            const settled = await call.then(
              () => true,
              () => false,
            );
            if (settled) done.settled++;
            else {
              // A venue that has not answered, nothing to do, or a day since the last round is all that may stop it.
              const { name } = await revertOf(world.vault.settle.staticCall(10n));
              expect(name).to.be.oneOf([
                "HedgedVault_HedgePending",
                "HedgedVault_NothingToSettle",
                "HedgedVault_OracleUnhealthy",
              ]);
              done.refused++;
            }
            break;
          }
          case 4:
            if (oldest !== undefined) {
              const owner = open.get(oldest) as Signer;
              open.delete(oldest);
              if ((await world.vault.pendingRedeemRequest(oldest, owner)) === 0n) break;
              await (await world.vault.connect(owner).cancelRedeemRequest(oldest, owner)).wait();
              await (await world.vault.connect(owner).claimCancelRedeemRequest(oldest, owner, owner)).wait();
              done.cancelled++;
            }
            break;
          default:
            await twin.advance(DAY);
            await push();
            if (oldest !== undefined) {
              const owner = open.get(oldest) as Signer;
              open.delete(oldest);
              if ((await world.vault.pendingRedeemRequest(oldest, owner)) === 0n) break;
              await twin.advance(DAY);
              await exit(owner, oldest);
              done.left++;
            }
        }
      }
      expect(
        Object.values(done).every((count) => count > 1),
        JSON.stringify(done),
      ).to.equal(true);

      // Whatever happened: with the venue silent for good everybody leaves in kind …
      await setPending(true);
      const shares = await world.vault.balanceOf(world.bob);
      const last = await requestRedeem(world, world.bob, shares);
      await twin.advance(2 * DAY);
      for (const [id, owner] of [...open, [last, world.bob] as const]) {
        if ((await world.vault.pendingRedeemRequest(id, owner)) > 0n) await exit(owner, id);
      }
      // … and once it answers, the ordinary way is open again.
      await setPending(false);
      await push();
      await requestRedeem(world, world.alice, await world.vault.balanceOf(world.alice));
      // A request settles three places at once; what cancelling left empty counts among them.
      if ((await world.vault.queueHead()) !== (await world.vault.queueTail())) {
        await (await world.vault.settle(500n)).wait();
      }
      expect(await claimAll(world, world.alice)).to.be.greaterThan(0n);
      expect(await world.vault.totalSupply()).to.equal(0n);
    });
  }

  it("V12 an answer that never comes, comes twice or comes from a stranger changes nothing but what reconcile finds", async () => {
    const { vault } = world;
    // Never: the loss stands in the book, and deposits are closed by it before anybody reconciles.
    await (await world.hostile.setState({ ...HARMLESS_STATE, lost: true })).wait();
    expect((await vault.book())[0].lost).to.equal(true);
    expect(await vault.maxDeposit(world.alice)).to.equal(0n);
    expect(await vault.degraded()).to.equal(false);
    // Twice: the second one finds the vault where the first left it.
    const degradations = async (): Promise<number> => {
      const receipt = await (await vault.connect(world.bob).reconcile()).wait();
      return (receipt?.logs ?? []).filter((log) => vaultInterface.parseLog(log)?.name === "Degraded").length;
    };
    expect([await degradations(), await degradations()]).to.deep.equal([1, 0]);
    expect(await vault.degraded()).to.equal(true);
    // Forged: whoever is no adapter moves nothing, and an adapter moves nothing outside of an operation.
    const idle = [...(await vault.idle())];
    await expectRevert(vault.connect(world.bob).pay(world.market.quote, 1n, world.bob), "HedgedVault_OnlyAdapter");
    const calls = ["pay", "reconcile"].map((name) => ({
      target: world.addresses.vault,
      data: vaultInterface.encodeFunctionData(
        name as "pay",
        (name === "pay" ? [world.market.quote, 1n, world.addresses.hedges[1]] : []) as never,
      ),
    }));
    await (await world.hostile.setCalls(calls)).wait();
    await (await world.hostile.strike()).wait();
    const [paid, reconciled] = await world.hostile.results();
    expect([paid?.success, parseRevert(paid?.data ?? "")?.name]).to.deep.equal([false, "HedgedVault_OnlyAdapter"]);
    expect(reconciled?.success, "anybody may reconcile").to.equal(true);
    expect([...(await vault.idle())]).to.deep.equal(idle);
    // In the middle of an operation: refused, and the operation's books are as they would be without it.
    await (await world.hostile.setState(HARMLESS_STATE)).wait();
    await (await vault.connect(world.admin).clearDegraded()).wait();
    await requestRedeem(world, world.alice, 1_000n * TOKEN);
    const results = await world.hostile.results();
    expect(results.map(({ data }) => parseRevert(data)?.name)).to.include("ReentrancyGuardReentrantCall");
    expect(await vault.maxRedeem(world.alice)).to.equal(1_000n * TOKEN);
  });
});
