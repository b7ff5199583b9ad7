import ArgumentParser
import PellucidCohorts
import PellucidFaults
import PellucidResults

/// `cohort norms`, which stands beside `cohort`: a command with subcommands takes no argument of its own.
struct CohortNorms: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cohort-norms",
    abstract: "Makes norms of a cohort's reference group (written: cohort norms).",
    usage:
      "pellucid cohort norms <derivatives> --group <group> [--by <column>] [--covariates <name[,name]>] --out <json>",
    discussion: """
      For what pellucid cohort wrote with an atlas. For example, norms and then a patient's regions against them:

        pellucid cohort norms derivatives --group CN --covariates age \\
          --out norms.json
        pellucid explain patient.nii.gz --model cnn.onnx --method lrp \\
          --target AD --atlas aal --norms norms.json --covariate age=73 \\
          --out results

      The patient's region tables get norm_z (standard deviations from what the references lead to expect) and \
      norm_percentile (how many of a hundred references have less), and METHOD_norms.png shows the regions furthest \
      from the norm. Model, method, target, scale and atlas must be those of the cohort. A region far from the norm says that the network decided by something else than it does for the \
      references, not that the region is diseased.
      """)

  @Argument(help: ArgumentHelp("The folder that pellucid cohort wrote.", valueName: "derivatives"))
  var derivatives: String

  @Option(parsing: .unconditional, help: ArgumentHelp("The reference group, such as CN.", valueName: "group"))
  var group: String

  @Option(help: ArgumentHelp("What of each region is compared.", valueName: "column"))
  var by: GroupStudy.Measure = .sum

  @Option(
    help: ArgumentHelp("Columns of participants.tsv that are regressed out.", valueName: "name[,name]"))
  var covariates: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("The file of norms, JSON.", valueName: "json"))
  var out: String

  func run() throws {
    let norms = try Norms(
      of: DerivativesFolder(derivatives), group: group, by: by,
      covariates: covariates?.split(separator: ",").map(String.init) ?? [])
    try norms.write(to: out)
    StandardError.tell([norms.note])
    try StandardOutput.write(out)
  }

  /// How people write the command.
  static func spelt(_ command: String) -> String {
    command == configuration.commandName ? "cohort norms" : command
  }

  /// The command line with `cohort norms` as the one word by which the command is known.
  static func joined(_ arguments: [String]) -> [String] {
    let start = arguments.first == "help" ? 1 : 0
    guard arguments.dropFirst(start).prefix(2) == ["cohort", "norms"] else { return arguments }
    return Array(arguments[..<start]) + ["cohort-norms"] + arguments.dropFirst(start + 2)
  }
}

/// Norms, and what is known of the patient who is held against them.
struct NormOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Norms that pellucid cohort norms made: region tables get norm_z and norm_percentile.", valueName: "json"))
  var norms: String?

  @Option(
    name: .customLong("covariate"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "The patient's value of a covariate of the norms, e.g. age=73; may be repeated.", valueName: "name=value"))
  var covariates: [String] = []

  func validate() throws {
    if norms == nil, !covariates.isEmpty { throw ValidationError("--covariate needs --norms") }
  }

  func load(hasAtlas: Bool) throws(PellucidError) -> PatientNorms? {
    guard let norms else { return nil }
    guard hasAtlas else { throw .normsWithoutAtlas() }
    var given: [String: Double] = [:]
    for text in covariates {
      // A column of words is called like sex=M.
      guard let sign = text.lastIndex(of: "="), let value = Double(text[text.index(after: sign)...]) else {
        throw .covariateText(text)
      }
      given[String(text[..<sign])] = value
    }
    let read = try Norms(contentsOf: norms)
    let patient = PatientNorms(norms: read, covariates: try read.values(given))
    StandardError.tell([read.note], of: norms)
    return patient
  }
}

/// Norms with a patient's covariates.
struct PatientNorms {
  let norms: Norms
  let covariates: [Double]

  func entered(in explanation: Explanation, method: String) throws(PellucidError) -> Explanation {
    try norms.entered(in: explanation, method: method, covariates: covariates)
  }
}
