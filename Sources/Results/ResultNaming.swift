/// What the files of one result are called.
package struct ResultNaming: Hashable, Sendable {
  /// What all of them begin with.
  package let start: String
  /// What stands before endings that are no more than a kind of file, such as `.nii.gz`; empty: nothing.
  package let suffix: String

  /// `START.nii.gz`, `START_regions.tsv`; with a suffix, as BIDS has it, `START_SUFFIX.nii.gz`, `START_regions.tsv`.
  package init(_ start: String, suffix: String = "") {
    self.start = start
    self.suffix = suffix
  }

  /// The name of the file with an ending.
  package func file(_ ending: String) -> String {
    let isBare = ending.isEmpty || ending.hasPrefix(".")
    return start + (isBare && !suffix.isEmpty ? "_" + suffix : "") + ending
  }
}
