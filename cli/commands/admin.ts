import { Argument, type Command, InvalidArgumentError, Option } from "commander";

import { parseAmount } from "../amount.ts";
import type * as Calls from "../admin/calls.ts";
import type {
  AdapterOptions,
  AdminOptions,
  CapOptions,
  FeeOptions,
  OperationOptions,
  PolicyOptions,
  RoleOptions,
  ScheduleOptions,
} from "../admin/options.ts";
import type * as Run from "../admin/run.ts";
import type { CommandContext } from "../context.ts";
import { isoTime, requireGiven, wholeBetween } from "../options.ts";
import { addConnectionOptions, addSignerOptions } from "../vaultOptions.ts";
import { POLICY_PARAMETERS, type PolicyParameter } from "../vaultView/policyParameters.ts";

const HELP = `
Examples:
  hedgerow admin pause keeper --keystore guardian.json --password-file guardian.password --yes
  hedgerow admin set-cap --cap 5000000 --account 0xSAFE… --calldata --safe-file cap.json
  hedgerow admin set-policy --max-loss-bps 50 --keystore owner.json --password-file owner.password --yes
  hedgerow admin execute --operation 0x… --keystore owner.json --password-file owner.password --yes

Each shows what will change, tries it, and sends with --yes. Where the account has a delay the call is scheduled; "admin execute" makes it
once the delay is over. "hedgerow vault" lists what is scheduled, and docs/admin.md explains roles and delays.`;

const UINT32_MAX = 2 ** 32 - 1;
const PAUSABLE = ["deposits", "keeper"] as const;
const OPERATION_ID = /^0x[0-9a-f]{64}$/i;

/** `hedgerow admin`: what guardian and owner of a vault may do. */
export function addAdminCommand(program: Command, context: CommandContext): void {
  const admin = program
    .command("admin")
    .description("change a vault as its guardian or owner: pause, wind down, fees, caps, parameters, adapters, roles")
    .addHelpText("after", HELP);
  addPauses(admin, context);
  addSettings(admin, context);
  addAdapterChanges(admin, context);
  addRoles(admin, context);
  addOperations(admin, context);
}

function addPauses(admin: Command, context: CommandContext): void {
  const what = (): Argument => new Argument("<what>", "what to pause or resume").choices(PAUSABLE);
  for (const [name, isPaused, description] of [
    ["pause", true, "close deposits, or stop the keeper; never an exit (guardian)"],
    ["unpause", false, "let depositors or the keeper in again (owner)"],
  ] as const) {
    const command = action(admin, name, description).addArgument(what());
    command.action(async (subject: (typeof PAUSABLE)[number], options: AdminOptions) => {
      const [{ runAction }, { encodePause }] = await load();
      await runAction(options, context, (settings) => encodePause(settings, subject, isPaused));
    });
  }
  action(admin, "wind-down", "close the vault for good: no deposits, the keeper unwinds (guardian)").action(
    async (options: AdminOptions) => {
      const [{ runAction }, { encodeWindDown }] = await load();
      await runAction(options, context, encodeWindDown);
    },
  );
  action(admin, "clear-degraded", "end the degraded mode after a look at what happened (owner)").action(
    async (options: AdminOptions) => {
      const [{ runAction }, { encodeClearDegraded }] = await load();
      await runAction(options, context, encodeClearDegraded);
    },
  );
}

function addSettings(admin: Command, context: CommandContext): void {
  action(admin, "set-cap", "change the NAV above which deposits are closed (owner)")
    .option("--cap <decimal>", "whole quote tokens; 0 closes deposits")
    .action(async (options: CapOptions) => {
      requireGiven("admin set-cap", options, ["cap"]);
      const [{ runAction }, { encodeDepositCap }] = await load();
      await runAction(options, context, (settings) => encodeDepositCap(settings, options.cap));
    });
  action(admin, "set-fees", "change the fees: lower at once, higher after 15 days; what is not given stays (owner)")
    .option("--recipient <address>", "who gets them")
    .option("--management-bps <number>", "bps of the supply a year, at most 200", wholeBetween(0, 200))
    .option(
      "--performance-bps <number>",
      "bps of gains above the high-water mark, at most 2000",
      wholeBetween(0, 2_000),
    )
    .action(async (options: FeeOptions) => {
      const [{ runAction }, { encodeFees }] = await load();
      await runAction(options, context, (settings) => encodeFees(settings, options));
    });
  action(admin, "apply-fees", "make announced fees count, once the 15 days are over (anyone)").action(
    async (options: AdminOptions) => {
      const [{ runAction }, { encodeApplyFees }] = await load();
      await runAction(options, context, encodeApplyFees);
    },
  );
  const policy = action(admin, "set-policy", "change bounds of the RiskPolicy; what is not given stays (owner)");
  for (const parameter of POLICY_PARAMETERS) policy.addOption(parameterOption(parameter));
  policy.action(async (raw: AdminOptions & Readonly<Record<string, unknown>>) => {
    const [{ runAction }, { encodePolicy }] = await load();
    const values = POLICY_PARAMETERS.map(({ key, option }) => [key, raw[camelCase(option)]] as const);
    const given = Object.fromEntries(values.filter(([, value]) => value !== undefined)) as PolicyOptions;
    await runAction(raw, context, (settings) => encodePolicy(settings, given));
  });
}

function addAdapterChanges(admin: Command, context: CommandContext): void {
  action(admin, "propose-adapter", "announce another adapter, possible 15 days later (owner)")
    .option("--replace <address>", "adapter that goes, with --by")
    .option("--by <address>", "adapter that comes in its place")
    .option("--add <address>", "hedge that comes")
    .option("--remove <address>", "hedge that goes")
    .action(async (options: AdapterOptions) => {
      const [{ runAction }, { encodeAdapterProposal }] = await load();
      await runAction(options, context, (settings) => encodeAdapterProposal(settings, options));
    });
  for (const [name, what, description] of [
    ["cancel-adapter", "cancel", "drop an announced change of an adapter (guardian)"],
    ["execute-adapter", "execute", "make an announced change once its time came and the old adapter is empty (owner)"],
  ] as const) {
    action(admin, name, description).action(async (options: AdminOptions) => {
      const [{ runAction }, { encodeAnnounced }] = await load();
      await runAction(options, context, (settings) => encodeAnnounced(settings, what));
    });
  }
}

function addRoles(admin: Command, context: CommandContext): void {
  const role = (): Option => new Option("--role <role>", "which role").choices(["admin", "keeper", "guardian"]);
  for (const [name, what, description] of [
    ["grant-role", "grant", "give a role, or change the delay of who has it (owner)"],
    ["revoke-role", "revoke", "take a role away (owner)"],
  ] as const) {
    const command = action(admin, name, description).addOption(role()).option("--holder <address>", "whose role");
    if (what === "grant") {
      command.option("--delay-seconds <number>", "wait before what it calls (default: 0)", wholeBetween(0, UINT32_MAX));
    }
    command.action(async (options: RoleOptions) => {
      requireGiven(`admin ${name}`, options, ["role", "holder"]);
      const [{ runAction }, { encodeRole }] = await load();
      await runAction(options, context, (settings) => encodeRole(settings, what, options));
    });
  }
}

function addOperations(admin: Command, context: CommandContext): void {
  action(admin, "schedule", "schedule any call that the account may make after its delay")
    .option("--target <address>", 'contract to call, or "vault", "policy", "authority"')
    .option("--data <hex>", "calldata")
    .action(async (options: ScheduleOptions) => {
      requireGiven("admin schedule", options, ["target", "data"]);
      const [{ runSchedule }] = await load();
      await runSchedule(options, context);
    });
  for (const [name, description] of [
    ["execute", "execute a scheduled operation; who scheduled it may"],
    ["cancel", "cancel a scheduled operation; who scheduled it and any admin may"],
  ] as const) {
    action(admin, name, description)
      .option("--operation <id>", 'which, as "hedgerow vault" lists it', operationId)
      .option(
        "--from-block <number>",
        "where the search for it begins (default: the block that created the roles)",
        wholeBetween(0, Number.MAX_SAFE_INTEGER),
      )
      .action(async (options: OperationOptions) => {
        requireGiven(`admin ${name}`, options, ["operation"]);
        const [{ runExecute, runCancelOperation }] = await load();
        await (name === "execute" ? runExecute : runCancelOperation)(options, context);
      });
  }
}

/** A subcommand with the options that all of them have. */
function action(admin: Command, name: string, description: string): Command {
  const command = admin.command(name).description(description);
  return addSignerOptions(addConnectionOptions(command))
    .option("--at <time>", "schedule for this time or later, where the account has a delay", isoTime)
    .option("--calldata", "print to, value and data for a Safe or timelock; nothing is sent")
    .option("--safe-file <file>", "write the same for Safe's transaction builder");
}

async function load(): Promise<[typeof Run, typeof Calls]> {
  return [await import("../admin/run.ts"), await import("../admin/calls.ts")];
}

function parameterOption({ option, unit, meaning }: PolicyParameter): Option {
  const { value, parse } =
    unit === "wad"
      ? { value: "decimal", parse: parseWad }
      : { value: "number", parse: (text: string) => BigInt(wholeBetween(0, 1_000_000)(text)) };
  return new Option(`--${option} <${value}>`, meaning).argParser(parse);
}

function parseWad(text: string): bigint {
  const units = parseAmount(text, 18, "a health");
  if (units >= 1n << 64n) throw new InvalidArgumentError("It must be below 18.4.");
  return units;
}

function operationId(text: string): string {
  if (!OPERATION_ID.test(text)) throw new InvalidArgumentError("It must be 0x and 64 hex digits.");
  return text;
}

function camelCase(option: string): string {
  return option.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
