internal import PellucidFaults

extension PellucidError {
  static func unknownFill(_ text: String, among words: [String]) -> Self {
    .init(
      .usage, what: "`fill` \(text) is neither a number, a word nor a NIfTI file",
      remedy: NearMiss.remedy(for: text, among: words, noun: "the words are"))
  }

  static func sigmaWithoutGaussian() -> Self {
    .init(.usage, what: "`sigma` has no meaning here", remedy: "it goes with `fill` blur or `fill` noise")
  }

  static func fileNeedsReader(_ path: String) -> Self {
    .init(.usage, what: "nobody reads the file \(path) for the method", remedy: "give the subject's files")
  }

  static func fillNeedsWorld(_ fill: String) -> Self {
    .init(
      .usage, what: "`fill` \(fill) needs the scan's place in the world",
      remedy: "give the subject's world, or another fill")
  }
}
