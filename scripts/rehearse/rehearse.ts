import { existsSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { start, type Finished } from "./processes.ts";

/** Where and how fast a rehearsal runs. */
export interface RehearsalOptions {
  /** For keys, journals and addresses. */
  readonly directory: string;
  /** Milliseconds between two blocks. */
  readonly blockMs: number;
  /** Transactions after which the deployment is killed. */
  readonly killAfter: number;
  /** Told of every step and its result. */
  readonly report: (text: string) => void;
}

/** What a rehearsal showed; amounts in whole tokens. */
export interface Rehearsal {
  readonly vault: string;
  /** Transactions that a deployment takes by its dry run, and those that the interrupted one took. */
  readonly plannedTransactions: number;
  readonly sentTransactions: number;
  readonly deposited: number;
  /** Net delta as a part of NAV after the keeper's first action. */
  readonly deltaFractionOfNav: number;
  readonly rangesHeld: number;
  readonly claimed: number;
}

const CLI = "cli/main.ts";
const NODE_START_MS = 60_000;
const DEPOSIT = "5000";
/** Those who send something here. */
const SENDERS = ["deployer", "depositor", "keeper"] as const;
/** Those who only hold a role: on a real network a timelock or Safe, and somebody who is awake. */
const ADMIN = "0x0000000000000000000000000000000000ad0001";
const GUARDIAN = "0x0000000000000000000000000000000000ad0002";

/**
 * Plays a first day on Sepolia on this machine, as a user would, by a process for every command: keys, a deployment that is killed
 * with -9 and resumed, a deposit, a live keeper, a redemption.
 *
 * Throws Error with the command and what it said when a step fails.
 */
export async function rehearse({ directory, blockMs, killAfter, report }: RehearsalOptions): Promise<Rehearsal> {
  const file = (name: string): string => path.join(directory, name);
  const env: Record<string, string> = { HEDGEROW_REHEARSAL_BLOCK_MS: String(blockMs), HEDGEROW_RPC_URL: "" };
  const hedgerow = async (what: string, ...args: readonly string[]): Promise<Record<string, unknown>> => {
    const result = await start({ script: CLI, args: [...args, "--json"], env }).finished;
    if (result.code !== 0) throw failed(what, result);
    report(what);
    return JSON.parse(result.stdout) as Record<string, unknown>;
  };
  const key = (role: string): readonly string[] => [
    "--keystore",
    file(`${role}.json`),
    "--password-file",
    file(`${role}.pw`),
  ];

  const people: Record<string, string> = {};
  for (const role of SENDERS) {
    people[role] = String((await hedgerow(`keystore new: ${role}`, "keystore", "new", ...key(role)))["address"]);
  }
  const funded = SENDERS.map((role) => `${people[role] ?? ""}=${role}`);
  const node = start({ script: "scripts/rehearse/node.ts", args: funded, env });
  try {
    env["SEPOLIA_RPC_URL"] = await untilServed(node);
    report(`a node that looks like Sepolia at ${env["SEPOLIA_RPC_URL"]}`);

    const deploy = [
      "deploy",
      ...["--network", "sepolia", "--vault", "presets/sepolia.json", "--deployments", file("deployments")],
      ...["--admin", ADMIN, "--keeper", people["keeper"] ?? "", "--guardian", GUARDIAN],
      ...key("deployer"),
    ];
    const plan = await hedgerow("deploy --dry-run", ...deploy, "--dry-run");
    const plannedTransactions = (plan["transactions"] as readonly unknown[]).length;
    report(`  ${plannedTransactions} transactions, ${String(plan["gas"])} gas`);

    let sends = 0;
    const killed = await start({
      script: CLI,
      args: [...deploy, "--yes"],
      env,
      onLine: (line, child) => {
        if (/: sent 0x/.test(line)) sends += 1;
        if (sends === killAfter) child.kill("SIGKILL");
      },
    }).finished;
    if (killed.code === 0)
      throw new Error(`deploy ended before its ${killAfter}th transaction: nothing was interrupted.`);
    report(`deploy, killed with -9 after ${sends} transactions`);

    const deployed = await hedgerow("deploy, again: resumed to the end", ...deploy, "--yes");
    const addresses = file(path.join("deployments", "sepolia", "hrWETH", "addresses.json"));
    if (!existsSync(addresses)) throw new Error(`deploy wrote no ${addresses}.`);
    const vault = String((deployed["addresses"] as Record<string, unknown>)["vault"]);
    const sentTransactions = await countTransactions(env["SEPOLIA_RPC_URL"], people["deployer"] ?? "");
    report(`  ${sentTransactions} transactions in all, vault ${vault}`);

    const at = ["--deployment", addresses];
    await hedgerow(`deposit ${DEPOSIT}`, "deposit", ...at, "--amount", DEPOSIT, ...key("depositor"), "--yes");
    await runKeeper([...at, ...key("keeper"), "--journal", file("keeper.sqlite")], env);
    report("keeper --live: first action mined and verified, then asked to end");

    const status = await hedgerow("status", "status", ...at);
    const nav = status["nav"] as Record<string, string>;
    const deltaFractionOfNav = Number((status["exposure"] as Record<string, unknown>)["deltaFractionOfNav"]);
    const rangesHeld = (status["ranges"] as readonly unknown[]).length;
    report(
      `  value ${nav["quote"] ?? "unknown"}, net delta ${(deltaFractionOfNav * 100).toFixed(4)} % of it, ${rangesHeld} range`,
    );

    const half = String(Number(DEPOSIT) / 2);
    await hedgerow(`redeem ${half} shares`, "redeem", ...at, "--shares", half, ...key("depositor"), "--yes");
    const claim = await hedgerow("claim", "claim", ...at, ...key("depositor"), "--yes");
    const claimed = Number(claim["assets"]);
    report(`  ${claimed} USDC back`);
    return {
      vault,
      plannedTransactions,
      sentTransactions,
      deposited: Number(DEPOSIT),
      deltaFractionOfNav,
      rangesHeld,
      claimed,
    };
  } finally {
    node.child.kill("SIGKILL");
    await node.finished;
  }
}

async function untilServed({ child, finished }: ReturnType<typeof start>): Promise<string> {
  const url = new Promise<string>((resolve) => {
    child.stdout?.on("data", (chunk: Buffer) => {
      const found = /"url":"([^"]+)"/.exec(chunk.toString());
      if (found?.[1] !== undefined) resolve(found[1]);
    });
  });
  const ended = finished.then((result) => Promise.reject(failed("the node", result)));
  const late = delay(NODE_START_MS, undefined, { ref: false }).then(() =>
    Promise.reject(new Error("The node did not start.")),
  );
  return await Promise.race([url, ended, late]);
}

/** A live keeper until it has acted once and found the vault as it promised; then it is asked to end. */
async function runKeeper(args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  let hasActed = false;
  const keeper = start({
    script: CLI,
    args: ["keeper", "--live", ...args],
    env,
    onLine: (line, child) => {
      if (!/vault\.sent .*outcome=kept/.test(line)) return;
      hasActed = true;
      child.kill("SIGTERM");
    },
  });
  const patience = setTimeout(() => keeper.child.kill("SIGKILL"), NODE_START_MS);
  const result = await keeper.finished;
  clearTimeout(patience);
  if (!hasActed) throw failed("keeper --live", result);
}

async function countTransactions(url: string, address: string): Promise<number> {
  const body = { jsonrpc: "2.0", id: 1, method: "eth_getTransactionCount", params: [address, "latest"] };
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return Number(((await response.json()) as { readonly result: string }).result);
}

function failed(what: string, { code, stdout, stderr }: Finished): Error {
  const said = `${stdout}\n${stderr}`.trim().split("\n").slice(-8).join("\n");
  return new Error(`${what} ended with code ${code ?? "none"}:\n${said}`);
}
