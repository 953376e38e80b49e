import type {
  ArgumentType,
  Artifact as IgnitionArtifact,
  ContractDeploymentFuture,
  Future,
  IgnitionModuleBuilder,
  LibraryDeploymentFuture,
} from "@nomicfoundation/ignition-core";

import type { Artifact } from "../../sdk/chain/contracts.ts";
import type { RoleCall } from "../../sdk/chain/roles.ts";

/** A compiled contract with its name, as the files of compiler and packages have it. */
export type NamedArtifact = Artifact & { readonly contractName: string };

/** Adds the creation of a contract. Ignition checks the arguments against the ABI before anything is sent. */
export function addContract(
  m: IgnitionModuleBuilder,
  id: string,
  artifact: NamedArtifact,
  args: readonly unknown[] = [],
  libraries: Readonly<Record<string, LibraryDeploymentFuture>> = {},
): ContractDeploymentFuture {
  return m.contract(artifact.contractName, toIgnition(artifact), args as ArgumentType[], { id, libraries });
}

/** Adds the creation of a library. */
export function addLibrary(m: IgnitionModuleBuilder, artifact: NamedArtifact): LibraryDeploymentFuture {
  return m.library(artifact.contractName, toIgnition(artifact));
}

/** Adds calls of a role manager, one after the other, behind everything in `after`. Returns all that is to be waited for. */
export function addRoleCalls(
  m: IgnitionModuleBuilder,
  manager: ContractDeploymentFuture,
  calls: readonly RoleCall<unknown>[],
  after: readonly Future[],
): readonly Future[] {
  const done = [...after];
  for (const { what, method, args } of calls) {
    const id = what.replaceAll(" ", "_");
    done.push(m.call(manager, method, [...args] as ArgumentType[], { id, after: [...done] }));
  }
  return done;
}

/** The type of an artifact here says what the project reads of it; the file has all that Ignition wants. */
function toIgnition(artifact: Artifact): IgnitionArtifact {
  return artifact as unknown as IgnitionArtifact;
}
