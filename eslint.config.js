import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

/** What a room may not import. test/architecture.test.ts states the same rules exactly; here they show in the editor. */
function forbid(files, ...groups) {
  const patterns = groups.map(([group, message]) => ({ group, message }));
  return { files, rules: { "no-restricted-imports": ["error", { patterns }] } };
}

const HARDHAT = [
  ["hardhat", "hardhat/*", "@nomicfoundation/*"],
  "Only scripts, localnet, test, bench and the configuration import Hardhat.",
];
const ETHERS = [["ethers", "ethers/*", "viem", "viem/*"], "Inside sdk only sdk/chain knows the chain library."];
const TESTS = [["**/test/**", "**/bench/**"], "Production code imports no tests."];
const PROGRAMS = [
  ["**/keeper/**", "**/cli/**", "**/web/**", "**/localnet/**"],
  "The library and the programs beside this one are out of bounds.",
];

export default defineConfig(
  globalIgnores(["artifacts/", "cache/", "coverage/", "node_modules/", "out/", "types/", ".node/"]),
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: "error" } },
  {
    files: ["**/*.{ts,js,mjs}"],
    rules: {
      eqeqeq: "error",
      "no-constant-condition": "error",
      "no-debugger": "error",
      "no-dupe-else-if": "error",
      "no-duplicate-case": "error",
      "no-fallthrough": "error",
      "no-implicit-coercion": "error",
      "no-param-reassign": "error",
      "no-self-assign": "error",
      "no-unsafe-finally": "error",
      "no-unsafe-optional-chaining": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "prefer-template": "error",
      "use-isnan": "error",
    },
  },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Node runs our sources by removing the types, so there may be nothing else to translate. (The compiler's own
      // erasableSyntaxOnly would also complain about the namespaces in generated types, which are never run.)
      "no-restricted-syntax": [
        "error",
        { selector: "TSEnumDeclaration", message: "Use a union of literals; Node cannot strip enums." },
        { selector: "TSModuleDeclaration[declare=false]", message: "Use a module; Node cannot strip namespaces." },
        { selector: "TSParameterProperty", message: "Assign in the constructor; Node cannot strip these." },
        { selector: "TSImportEqualsDeclaration, TSExportAssignment", message: "Use import and export." },
      ],
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/consistent-type-exports": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/no-unnecessary-type-assertion": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "@typescript-eslint/only-throw-error": "error",
      "@typescript-eslint/promise-function-async": "off",
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true, allowAny: false, allowNullish: false },
      ],
      "@typescript-eslint/return-await": ["error", "error-handling-correctness-only"],
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
      ],
    },
  },
  { files: ["sdk/**/*.ts", "keeper/**/*.ts"], rules: { "no-console": "error" } },
  {
    // Numerical loops index arrays inside their own bounds, which noUncheckedIndexedAccess cannot see.
    files: ["sdk/math/**/*.ts", "sdk/sim/**/*.ts"],
    rules: { "@typescript-eslint/no-non-null-assertion": "off" },
  },
  {
    // Contracts made from an ABI at run time return `any`; a wrong value there makes a test red, not a user poor.
    files: ["test/**/*.ts", "bench/**/*.ts", "localnet/**/*.ts", "scripts/**/*.ts"],
    rules: {
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
    },
  },
  {
    // `expect(x).to.be.true` is an expression on purpose, and a missing value makes a test red by itself.
    files: ["test/**/*.ts"],
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unused-expressions": "off",
    },
  },
  {
    // Its framework is installed beside it and not here, so what comes from there has no type.
    files: ["indexer/*.ts", "indexer/src/*.ts", "indexer/src/api/*.ts"],
    rules: {
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
    },
  },
  forbid(["sdk/math/**/*.ts"], HARDHAT, ETHERS, TESTS, PROGRAMS, [
    ["**/policy/**", "**/sim/**", "**/chain/**"],
    "sdk/math imports nothing of ours but sdk/errors.ts.",
  ]),
  forbid(["sdk/policy/**/*.ts"], HARDHAT, ETHERS, TESTS, PROGRAMS, [
    ["**/sim/**", "**/chain/**"],
    "sdk/policy imports sdk/math only.",
  ]),
  forbid(["sdk/sim/**/*.ts"], HARDHAT, ETHERS, TESTS, PROGRAMS, [
    ["**/chain/**"],
    "sdk/sim imports sdk/math and sdk/policy only.",
  ]),
  forbid(["sdk/chain/**/*.ts"], HARDHAT, TESTS, PROGRAMS, [
    ["**/sim/**"],
    "sdk/chain imports sdk/math and the types of sdk/policy.",
  ]),
  forbid(["keeper/**/*.ts"], HARDHAT, TESTS, [
    ["**/cli/**", "**/web/**", "**/localnet/**"],
    "The keeper imports the sdk, no other program.",
  ]),
  forbid(["web/**/*.ts"], HARDHAT, TESTS, [
    ["**/cli/**", "**/keeper/**", "**/localnet/**"],
    "The dashboard imports the sdk, no other program.",
  ]),
  forbid(["cli/**/*.ts"], HARDHAT, TESTS),
  // Deployments are Ignition's; nothing else of Hardhat is.
  forbid(["cli/deploy/**/*.ts"], [["hardhat", "hardhat/*"], "Hardhat itself is for scripts and localnet."], TESTS),
);
