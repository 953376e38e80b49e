import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";
import { Contract, ZeroAddress } from "ethers";

import { artifacts } from "../../../sdk/chain/contracts.ts";
import type { TwinSnapshot } from "../../../localnet/twin.ts";
import { EXIT, run } from "./host.ts";
import { json, refusal, serveVault, type ServedVault } from "./servedVault.ts";

const DAY = 86_400;
const WINDOW = 15 * DAY;

interface Shown {
  readonly sent: boolean;
  readonly step: string;
  readonly call: string;
  readonly changes: readonly { readonly what: string; readonly before: string; readonly after: string }[] | null;
  readonly operation: { readonly id: string; readonly readyAt: string; readonly forecast: Record<string, unknown> };
  readonly transaction: { readonly to: string; readonly value: string; readonly data: string };
}

describe("hedgerow admin", function () {
  this.timeout(60_000);

  describe("of a vault whose owner waits a day", () => {
    let served: ServedVault;
    let prepared: TwinSnapshot;

    before(async () => {
      served = await serveVault(DAY);
      prepared = await served.snapshot();
    });
    beforeEach(() => served.world.twin.revert(prepared));
    after(() => served.close());

    const shown = async (...args: Parameters<ServedVault["as"]>): Promise<Shown> =>
      (await json(served.as(...args))) as unknown as Shown;
    const refused = (...args: Parameters<ServedVault["as"]>): Promise<string> => refusal(served.as(...args));
    const admin = (name: string, ...args: readonly string[]): Promise<Shown> => shown("ADMIN", "admin", name, ...args);
    /** Time passes, and the feeds are fresh again. */
    const pass = async (seconds: number): Promise<void> => {
      await served.world.twin.advance(seconds);
      await served.world.actors.step({ price: 2_500, seconds: 60, push: true });
    };
    /** Schedules and executes. */
    const enact = async (name: string, ...args: readonly string[]): Promise<void> => {
      const { operation } = await admin(name, ...args, "--yes");
      await pass(DAY);
      expect(await admin("execute", "--operation", operation.id, "--yes")).to.include({ sent: true, step: "execute" });
    };

    it("lets the guardian pause and wind down at once, and nobody else", async () => {
      const { vault } = served.world;
      expect(await shown("GUARDIAN", "admin", "pause", "deposits")).to.deep.include({
        sent: false,
        step: "call",
        call: "vault.pauseDeposits()",
        changes: [{ what: "deposits", before: "open", after: "paused" }],
      });
      expect(await vault.depositsPaused()).to.equal(false);
      for (const what of ["deposits", "keeper"]) {
        expect(await shown("GUARDIAN", "admin", "pause", what, "--yes")).to.include({ sent: true });
      }
      expect([await vault.depositsPaused(), await vault.keeperPaused()]).to.deep.equal([true, true]);
      expect(await refused("GUARDIAN", "admin", "pause", "keeper", "--yes")).to.include("change nothing");

      expect(await refused("ALICE", "admin", "wind-down", "--yes")).to.include("takes the role guardian");
      expect(await refused("ADMIN", "admin", "wind-down", "--yes")).to.include("takes the role guardian");
      expect(await refused("GUARDIAN", "admin", "unpause", "keeper", "--yes")).to.include("takes the role admin");
      expect(await vault.windDown()).to.equal(false);
      expect(await shown("GUARDIAN", "admin", "wind-down", "--yes")).to.include({ sent: true });
      expect(await vault.windDown()).to.equal(true);
    });

    it("schedules what the owner changes, shows the diff, and executes it once the day is over", async () => {
      const { vault } = served.world;
      const preview = await admin("set-cap", "--cap", "7500000.5");
      expect(preview).to.deep.include({
        sent: false,
        step: "schedule",
        changes: [{ what: "deposit cap", before: "5,000,000.00 USDC", after: "7,500,000.50 USDC" }],
      });
      expect(preview.operation.forecast).to.deep.equal({ kind: "works" });
      expect(preview.transaction.to).to.equal(served.world.addresses.authority);

      const { sent, operation } = await admin("set-cap", "--cap", "7500000.5", "--yes");
      expect(sent).to.equal(true);
      const again = await refused("ADMIN", "admin", "set-cap", "--cap", "7500000.5", "--yes");
      expect(again).to.include("scheduled already").and.include(operation.id);
      expect(await refused("ADMIN", "admin", "execute", "--operation", operation.id, "--yes"))
        .to.include("cannot be executed before")
        .and.include(operation.readyAt);

      await pass(DAY);
      expect(await refused("ALICE", "admin", "execute", "--operation", operation.id, "--yes")).to.include(
        "nobody else can execute",
      );
      expect(await vault.depositCapQuote()).to.equal(5_000_000_000_000n);
      expect(await admin("execute", "--operation", operation.id, "--yes")).to.deep.include({
        sent: true,
        step: "execute",
        changes: preview.changes,
      });
      expect(await vault.depositCapQuote()).to.equal(7_500_000_500_000n);
      const done = ["admin", "execute", "--operation", operation.id, "--yes"] as const;
      expect(await refused("ADMIN", ...done)).to.include("executed already");
    });

    it("refuses what expired, was cancelled or never was", async () => {
      const { operation } = await admin("set-cap", "--cap", "1", "--yes");
      const execute = ["admin", "execute", "--operation", operation.id, "--yes"] as const;
      expect(await refused("ALICE", "admin", "cancel", "--operation", operation.id, "--yes")).to.include(
        "AccessManagerUnauthorizedCancel",
      );
      await pass(9 * DAY);
      expect(await refused("ADMIN", ...execute))
        .to.include("expired")
        .and.include("Schedule it again");
      expect(await refused("ADMIN", "admin", "cancel", "--operation", operation.id)).to.include("expired");

      expect((await admin("set-cap", "--cap", "1", "--yes")).operation.id).to.equal(operation.id);
      expect(await admin("cancel", "--operation", operation.id, "--yes")).to.include({ sent: true, step: "cancel" });
      await pass(DAY);
      expect(await refused("ADMIN", ...execute)).to.include("was cancelled");
      const unknown = `0x${"12".repeat(32)}`;
      expect(await refused("ADMIN", "admin", "execute", "--operation", unknown)).to.include("No operation");
      expect(await refused("ADMIN", "admin", "execute", "--operation", "0x12")).to.include("64 hex digits");
    });

    it("finds a parameter out of bounds before the delay and not after it", async () => {
      expect(await refused("ADMIN", "admin", "set-policy", "--max-delta-bps", "5001", "--yes")).to.include(
        "RiskPolicy_ParamOutOfBounds",
      );
      expect(await refused("ADMIN", "admin", "set-policy", "--max-delta-bps", "70000")).to.include("beyond what");
      expect(await refused("ADMIN", "admin", "set-policy")).to.include("No parameter is given");
      expect(await refused("ADMIN", "admin", "set-fees", "--management-bps", "201")).to.include("from 0 to 200");
      expect(await refused("ADMIN", "admin", "set-fees", "--management-bps", "100")).to.include("NoFeeRecipient");
      expect(await refused("ADMIN", "admin", "set-cap", "--cap", "1.1234567")).to.include("6 decimals");

      const preview = await admin("set-policy", "--max-loss-bps", "50", "--health-floor", "1.2");
      expect(preview.changes).to.deep.equal([
        {
          what: "maxLossBpsPerDay: losses in any 24 h, of NAV",
          before: "100 bps (1 %)",
          after: "50 bps (0.50 %)",
        },
        { what: "healthFloorWad: health of every hedge in a calm market", before: "1.15", after: "1.2" },
      ]);
      await enact("set-policy", "--max-loss-bps", "50", "--health-floor", "1.2");
      const { params } = (await served.world.snapshot()).vault.policy;
      expect(params).to.include({ maxLossBpsPerDay: 50n, healthFloorWad: 12n * 10n ** 17n, maxDeltaBps: 500n });
    });

    it("announces higher fees, and applies them after the exit window", async () => {
      const recipient = served.addressOf("ALICE");
      const fees = ["--recipient", recipient, "--management-bps", "100", "--performance-bps", "1000"];
      await enact("set-fees", ...fees);
      expect((await served.world.vault.feeTerms()).managementBps).to.equal(0n);
      expect(await refused("ALICE", "admin", "apply-fees", "--yes")).to.include("HedgedVault_NotReady");
      await pass(WINDOW);
      expect(await shown("ALICE", "admin", "apply-fees", "--yes")).to.deep.include({ sent: true, step: "call" });
      expect((await served.world.vault.feeTerms()).performanceBps).to.equal(1_000n);
      expect(await refused("ALICE", "admin", "apply-fees")).to.include("nothing to apply");

      const lower = await admin("set-fees", "--performance-bps", "0");
      expect(lower.changes).to.deep.equal([{ what: "performance fee", before: "1000 bps", after: "0 bps" }]);
    });

    it("announces, drops and makes changes of adapters", async () => {
      const hedge = served.world.addresses.hedges[0] ?? "";
      const announced = "HedgedVault_BadAdapter";
      expect(await refused("ADMIN", "admin", "propose-adapter", "--add", hedge)).to.include(announced);
      expect(await refused("ADMIN", "admin", "propose-adapter", "--replace", hedge)).to.include("--by");
      expect(await refused("GUARDIAN", "admin", "cancel-adapter")).to.include("No change of an adapter");
      await enact("propose-adapter", "--remove", hedge);
      expect((await served.world.vault.adapterChange()).current).to.equal(hedge);
      // Executing it may be scheduled although it is not ready yet: it will be by then.
      const early = await admin("execute-adapter");
      expect(early.operation.forecast).to.include({ kind: "refused", isCurable: true });
      expect(await shown("GUARDIAN", "admin", "cancel-adapter", "--yes")).to.include({ sent: true });
      await enact("propose-adapter", "--remove", hedge);
      await pass(WINDOW);
      await enact("execute-adapter");
      expect(await served.world.vault.hedges()).to.deep.equal([]);
    });

    it("hands roles out and takes them back", async () => {
      const alice = served.addressOf("ALICE");
      expect(await refused("ADMIN", "admin", "grant-role", "--role", "boss", "--holder", alice)).to.include("admin");
      await enact("grant-role", "--role", "guardian", "--holder", alice);
      expect(await shown("ALICE", "admin", "pause", "keeper", "--yes")).to.include({ sent: true });
      const revoke = await admin("revoke-role", "--role", "guardian", "--holder", alice);
      expect(revoke.changes).to.deep.equal([
        { what: `guardian for ${alice}`, before: "held, no delay", after: "not held" },
      ]);
      await enact("revoke-role", "--role", "guardian", "--holder", alice);
      expect(await refused("ALICE", "admin", "pause", "deposits", "--yes")).to.include("takes the role guardian");
      expect(await refused("ADMIN", "admin", "revoke-role", "--role", "guardian", "--holder", alice)).to.include(
        "change nothing",
      );
    });

    it("schedules any call, for a time of one's choice", async () => {
      const data = served.world.vault.interface.encodeFunctionData("setDepositCap", [3n]);
      const call = ["schedule", "--target", "vault", "--data", data] as const;
      const soon = new Date(((await served.world.twin.timestamp()) + 3_600) * 1_000).toISOString();
      expect(await refused("ADMIN", "admin", ...call, "--at", soon)).to.include("is too early");
      const later = new Date(((await served.world.twin.timestamp()) + 3 * DAY) * 1_000).toISOString();
      const { operation } = await admin(...call, "--at", later, "--yes");
      await pass(2 * DAY);
      expect(await refused("ADMIN", "admin", "execute", "--operation", operation.id)).to.include("cannot be executed");
      await pass(DAY);
      const timed = ["admin", "execute", "--operation", operation.id, "--at", later] as const;
      expect(await refused("ADMIN", ...timed)).to.include("Leave it out");
      await admin("execute", "--operation", operation.id, "--yes");
      expect(await served.world.vault.depositCapQuote()).to.equal(3n);
      expect(await refused("ADMIN", "admin", "schedule", "--target", "vault", "--data", "0x12")).to.include(
        "not calldata",
      );
      const pause = served.world.vault.interface.encodeFunctionData("pauseDeposits");
      const useless = ["admin", "schedule", "--target", "vault", "--data", pause] as const;
      expect(await refused("GUARDIAN", ...useless)).to.include("needs no delay");
    });

    it("prints what a Safe has to send, which does what the preview said", async () => {
      const file = path.join(served.directory, "deep", "cap.json");
      const account = served.addressOf("ADMIN");
      const args = ["admin", "set-cap", "--cap", "6000000", "--account", account, "--calldata"];
      const { code, stdout, stderr } = await served.hedgerow(...args, "--safe-file", file);
      expect(code, stderr).to.equal(EXIT.done);
      const batch = JSON.parse(readFileSync(file, "utf8")) as {
        chainId: string;
        meta: { createdFromSafeAddress: string };
        transactions: { to: string; value: string; data: string }[];
      };
      expect(batch.chainId).to.equal("31337");
      expect(batch.meta.createdFromSafeAddress).to.equal(account);
      const [transaction] = batch.transactions;
      expect(stdout).to.include(transaction?.data).and.include("6,000,000.00 USDC");
      const { to, data } = transaction ?? { to: ZeroAddress, data: "0x" };
      await (await served.world.admin.sendTransaction({ to, data, value: 0 })).wait();
      await pass(DAY);
      const manager = new Contract(served.world.addresses.authority, artifacts.accessManager.abi, served.world.admin);
      const call = served.world.vault.interface.encodeFunctionData("setDepositCap", [6_000_000_000_000n]);
      await (await manager.getFunction("execute")(served.world.addresses.vault, call)).wait();
      expect(await served.world.vault.depositCapQuote()).to.equal(6_000_000_000_000n);

      expect(await refused("ADMIN", "admin", "set-cap", "--cap", "1", "--calldata", "--yes")).to.include("Leave --yes");
      writeFileSync(path.join(served.directory, "file"), "");
      const nowhere = path.join(served.directory, "file", "cap.json");
      expect(await refused("ADMIN", "admin", "set-cap", "--cap", "1", "--safe-file", nowhere)).to.include(
        "cannot be written",
      );
    });

    it("refuses another chain, another contract and a dead node, and sends to no chain that nobody named", async () => {
      expect(await refused("GUARDIAN", "admin", "pause", "keeper", "--chain-id", "1", "--yes")).to.include(
        "expected 1",
      );
      const { quote } = served.world.market;
      expect(await refused("GUARDIAN", "admin", "pause", "keeper", "--vault", quote)).to.include("not a Hedgerow");
      const { vault } = served.world.addresses;
      const bare = ["admin", "pause", "keeper", "--vault", vault, "--account", served.addressOf("GUARDIAN")];
      expect(await refusal(run([...bare, "--rpc", "http://127.0.0.1:9"]))).to.include("does not answer");
      const { code, stdout } = await served.hedgerow("admin", "pause", "everything");
      expect({ code, stdout }).to.deep.equal({ code: EXIT.failed, stdout: "" });
    });
  });

  it("acts at once for an owner without a delay, and takes no time to schedule for", async () => {
    const served = await serveVault(0);
    try {
      const made = await json(served.as("ADMIN", "admin", "set-cap", "--cap", "0", "--yes"));
      expect(made).to.include({ sent: true, step: "call", call: "vault.setDepositCap(capQuote 0)" });
      expect(await served.world.vault.depositCapQuote()).to.equal(0n);
      const { stdout } = await served.hedgerow("admin", "set-cap", "--cap", "5", "--private-key-env", "ADMIN_KEY");
      expect(stdout).to.include("0.00 USDC").and.include("5.00 USDC").and.include("Nothing was sent");
      const at = ["admin", "set-cap", "--cap", "9", "--at", "2030-01-01"] as const;
      expect(await refusal(served.as("ADMIN", ...at))).to.include("Leave --at out");
    } finally {
      await served.close();
    }
  });

  it("explains itself", async () => {
    const { stdout } = await run(["admin", "--help"]);
    for (const name of ["pause", "wind-down", "set-policy", "grant-role", "schedule", "execute", "cancel", "Examples:"])
      expect(stdout).to.include(name);
    expect((await run(["admin", "set-policy", "--help"])).stdout).to.include("--max-loss-bps");
    expect((await run(["admin", "set-cap"])).stderr).to.include("--cap is missing");
    expect((await run(["admin", "set-cpa"])).stderr).to.include("set-cap");
  });
});
