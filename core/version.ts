import manifest from "../package.json" with { type: "json" };

/** Put in by the build (build.ts); absent when the sources run. */
declare const JCS_BUILD_COMMIT: string | undefined;

/** The version of jcs. */
export const VERSION: string = manifest.version;

/** The commit that the executable was built from, when that was known. */
export const COMMIT: string | undefined =
  typeof JCS_BUILD_COMMIT === "string" && JCS_BUILD_COMMIT !== "" ? JCS_BUILD_COMMIT : undefined;
