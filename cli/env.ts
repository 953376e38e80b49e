/**
 * What the command line takes from its environment. This file alone reads it.
 *
 * - `HEDGEROW_DEBUG`: anything but 0 or nothing prints the stack of an error.
 * - `NO_COLOR`: anything but nothing turns colours off (no-color.org).
 * - `HEDGEROW_RPC_URL`, `HEDGEROW_DEPLOYMENT`: defaults of --rpc and --deployment.
 */
export interface Environment {
  readonly debug: boolean;
  readonly noColor: boolean;
  readonly rpcUrl: string | undefined;
  readonly deploymentFile: string | undefined;
  /** A variable that the user named on the command line, such as the one after --private-key-env. */
  read(name: string): string | undefined;
}

/** Reads the environment of this process, or the one given. */
export function readEnvironment(source: Readonly<Record<string, string | undefined>> = process.env): Environment {
  const read = (name: string): string | undefined => {
    const value = source[name];
    return value === undefined || value === "" ? undefined : value;
  };
  return {
    debug: (read("HEDGEROW_DEBUG") ?? "0") !== "0",
    noColor: read("NO_COLOR") !== undefined,
    rpcUrl: read("HEDGEROW_RPC_URL"),
    deploymentFile: read("HEDGEROW_DEPLOYMENT"),
    read,
  };
}
