/**
 * Refuses a Node that is too old, in words, before anything else can fail in riddles. Scripts import it first; it
 * imports nothing and keeps to syntax that old versions read.
 */

const [runningMajor = 0, runningMinor = 0] = process.versions.node.split('.').map(Number);

/**
 * Ends the process with exit code 1 unless Node is at least `major.minor`.
 *
 * @param {number} major
 * @param {number} minor
 * @param {string} what the part of Helios that needs it, as the subject of a sentence
 */
export function requireNode(major, minor, what) {
  if (runningMajor > major || (runningMajor === major && runningMinor >= minor)) return;
  console.error(
    `${what} needs Node ${major}${minor > 0 ? `.${minor}` : ''} or later, and this is Node ${process.versions.node} ` +
      `(${process.execPath}).\nInstall a newer one, for example from https://nodejs.org, then run the command again.`,
  );
  process.exit(1);
}

requireNode(20, 0, 'Helios');
