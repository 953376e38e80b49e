import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import type { EIP1193Provider } from "@nomicfoundation/ignition-core";
import { expect } from "chai";
import { Wallet, parseEther, parseUnits } from "ethers";

import { createSigningProvider } from "../../cli/deploy/provider.ts";
import { recoverJournal } from "../../cli/deploy/recover.ts";
import { runModule, type DeployedContracts } from "../../cli/deploy/runModule.ts";
import { toSystemAddresses } from "../../cli/deploy/deployed.ts";
import { openSentTransactions } from "../../cli/deploy/sentTransactions.ts";
import type { Twin } from "../../localnet/twin.ts";
import { venuesOf } from "../../localnet/venues.ts";
import { buildSystemModule } from "../../scripts/modules/system.ts";
import { buildVaultModule } from "../../scripts/modules/vault.ts";
import type { Roles } from "../../sdk/chain/roles.ts";
import { peopleOf, useTwin } from "./world.ts";

const WALLET = new Wallet(`0x${"d1".repeat(32)}`);
/** Transactions of a whole deployment; the dry run lists them. */
const TRANSACTIONS = 27;
const CHAIN_ID = 31_337n;

/** The process is gone: what it was about to write down never was. */
class Killed extends Error {}

/** When a run is killed, counted in transactions of that run. */
type Death = { readonly at: "unsigned" | "before" | "after"; readonly send: number } | undefined;

describe("an interrupted deployment", function () {
  this.timeout(180_000);
  let twin: Twin;
  let roles: Roles;
  let directory: string;

  useTwin(async (fresh) => {
    twin = fresh;
    const [admin, keeper, guardian] = await Promise.all(
      Object.values(await peopleOf(twin)).map((person) => person.getAddress()),
    );
    roles = { admin: admin ?? "", keeper: keeper ?? "", guardian: guardian ?? "", adminDelaySeconds: 3_600 };
    await twin.fund(WALLET.address, { eth: parseEther("10") });
  });
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), "hedgerow-resume-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const node = (): EIP1193Provider => twin.provider;

  /** Dies before or after it passed the n-th transaction on. */
  function mortal(behind: EIP1193Provider, death: Death, method: string): EIP1193Provider {
    let sends = 0;
    return {
      request: async (args) => {
        if (args.method !== method) return (await behind.request(args)) as unknown;
        sends += 1;
        if (death?.at !== "after" && sends === death?.send) throw new Killed();
        const answer = (await behind.request(args)) as unknown;
        if (death?.at === "after" && sends === death.send) throw new Killed();
        return answer;
      },
    };
  }

  /** One process: recovers, then runs both modules; `signs` says who holds the key. */
  async function attempt(death: Death, signs: "here" | "node" = "here"): Promise<DeployedContracts> {
    const sent = openSentTransactions(path.join(directory, "transactions.sqlite"));
    try {
      const signal = new AbortController().signal;
      const sender = (behind: EIP1193Provider) => createSigningProvider(behind, WALLET, CHAIN_ID, sent, signal);
      const provider =
        signs === "node" || death?.at === "unsigned"
          ? mortal(signs === "node" ? node() : sender(node()), death, "eth_sendTransaction")
          : sender(mortal(node(), death, "eth_sendRawTransaction"));
      const from = WALLET.address;
      const run = async (module: Parameters<typeof runModule>[0]["module"], name: string) => {
        const journal = path.join(directory, name);
        await recoverJournal(journal, from, node(), signs === "here" ? sent : undefined);
        return await runModule({ module, provider, from, directory: journal, confirmations: 1, signal, pollMs: 10 });
      };
      const system = await run(buildSystemModule(twin.addresses, roles, from), "system");
      const options = { name: "Resumed", symbol: "hrRES", depositCapQuote: parseUnits("1000", 6) };
      const module = buildVaultModule(toSystemAddresses(system), venuesOf(twin), roles, options, from);
      return { ...system, ...(await run(module, "vault")) };
    } finally {
      sent.close();
    }
  }

  const sentSoFar = (): Promise<number> => twin.ethers.provider.getTransactionCount(WALLET.address);

  async function untilDone(signs: "here" | "node", deaths: (run: number) => Death): Promise<number> {
    for (let run = 1; ; run++) {
      try {
        await attempt(deaths(run), signs);
        return run;
      } catch (error) {
        if (!(error instanceof Killed) && !(error instanceof Error && /Killed/.test(String(error)))) throw error;
        expect(run).to.be.below(3 * TRANSACTIONS);
      }
    }
  }

  it("takes as many transactions as one that is not", async () => {
    await attempt(undefined);
    expect(await sentSoFar()).to.equal(TRANSACTIONS);
  });

  it("killed after every single send, sends nothing twice", async () => {
    const runs = await untilDone("here", () => ({ at: "after", send: 1 }));
    expect(await sentSoFar()).to.equal(TRANSACTIONS);
    expect(runs).to.be.at.least(TRANSACTIONS);
  });

  it("killed with the signed bytes on disk and not yet sent, sends exactly those", async () => {
    const runs = await untilDone("here", (run) =>
      run % 2 === 1 ? { at: "before", send: 1 } : { at: "before", send: 3 },
    );
    expect(await sentSoFar()).to.equal(TRANSACTIONS);
    expect(runs).to.be.above(TRANSACTIONS / 3);
  });

  it("finds on the chain what a node or wallet signed and nobody wrote down", async () => {
    await twin.rpc.request("hardhat_impersonateAccount", [WALLET.address]);
    const runs = await untilDone("node", () => ({ at: "after", send: 2 }));
    expect(await sentSoFar()).to.equal(TRANSACTIONS);
    expect(runs).to.be.at.least(TRANSACTIONS / 2);
  });

  it("killed when it had announced a transaction and not yet signed it, takes the announcement back", async () => {
    const runs = await untilDone("here", () => ({ at: "unsigned", send: 2 }));
    expect(await sentSoFar()).to.equal(TRANSACTIONS);
    expect(runs).to.be.at.least(TRANSACTIONS / 2);
  });

  it("needs the recovery: without it the same journal goes no further", async () => {
    await attempt({ at: "after", send: 3 }).catch(() => undefined);
    const sent = openSentTransactions(path.join(directory, "transactions.sqlite"));
    try {
      const { signal } = new AbortController();
      const provider = createSigningProvider(node(), WALLET, CHAIN_ID, sent, signal);
      const module = buildSystemModule(twin.addresses, roles, WALLET.address);
      const run = { module, provider, from: WALLET.address, directory: path.join(directory, "system"), signal };
      const failure = await runModule({ ...run, confirmations: 1, pollMs: 10 }).catch((error: unknown) =>
        String(error),
      );
      expect(failure).to.include("HHE10410");
    } finally {
      sent.close();
    }
    await attempt(undefined);
    expect(await sentSoFar()).to.equal(TRANSACTIONS);
  });

  it("drops half a line at the end of a journal, and refuses one in its middle", async () => {
    await attempt({ at: "after", send: 2 }).catch(() => undefined);
    const journal = path.join(directory, "system", "journal.jsonl");
    appendFileSync(journal, '\n{"type":"TRANSACTION_PREP');
    await attempt(undefined);
    expect(await sentSoFar()).to.equal(TRANSACTIONS);
    writeFileSync(journal, readFileSync(journal, "utf8").replace('{"artifactId"', '{"artif'));
    const failure = await attempt(undefined).catch((error: unknown) => String(error));
    expect(failure).to.match(/Line \d+ of .*journal\.jsonl is damaged/);
  });

  it("lets one process deploy at a time", async () => {
    const held = openSentTransactions(path.join(directory, "transactions.sqlite"));
    const failure = await attempt(undefined).catch((error: unknown) => String(error));
    held.close();
    expect(failure).to.include("Another deployment is running");
    expect(await sentSoFar()).to.equal(0);
  });
});
