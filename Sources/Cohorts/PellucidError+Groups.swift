internal import PellucidFaults

extension PellucidError {
  static func noRegionTable(_ folder: String) -> Self {
    .init(
      .badData, at: .init(file: folder), what: "it has no regions.tsv with a line in it",
      remedy: "name a folder that pellucid cohort wrote with an atlas")
  }

  static func columnMissing(_ path: String, _ name: String, has names: [String]) -> Self {
    .init(
      .badData, at: .init(file: path, part: "header"), what: "there is no column \(name)",
      remedy: NearMiss.remedy(for: name, among: names, noun: "its columns are"))
  }

  static func otherModel(_ folder: String, _ visit: String, than first: String) -> Self {
    .init(
      .badData, at: .init(file: folder), what: "\(visit) was explained with another model than \(first)",
      remedy: "run pellucid cohort again with one model for all, or into folders of their own")
  }

  static func noCovariate(_ name: String, _ path: String, has names: [String]) -> Self {
    .init(
      .usage, at: .init(file: path), what: "there is no covariate \(name)",
      remedy: names.isEmpty
        ? "add a column \(name) to the study's table"
        : NearMiss.remedy(for: name, among: names, noun: "its columns are"))
  }

  static func wordAmongNumbers(_ path: String, _ participant: String, column: String, cell: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "\(participant) has \(cell) in the column \(column), which holds numbers",
      remedy: "write a number, or n/a where it is not known")
  }

  static func emptyCovariate(_ path: String, _ name: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the column \(name) is empty", remedy: "fill it in, or leave it out")
  }

  static func constantCovariate(_ path: String, _ name: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the covariate \(name) is the same for all who are compared",
      remedy: "leave it out")
  }

  static func collinear(_ path: String, _ name: String, among names: [String]) -> Self {
    .init(
      .badData, at: .init(file: path),
      what: "\(name == "the group" ? name : "the covariate \(name)") follows from the other columns",
      why: "the covariates are \(names.joined(separator: ", "))", remedy: "leave out what says the same twice")
  }

  static func tooManyCovariates(_ path: String, columns: Int, subjects: Int) -> Self {
    .init(
      .badData, at: .init(file: path), what: "\(columns) columns are too many for \(subjects) subjects",
      remedy: "leave out covariates")
  }

  static func groupTooSmall(_ folder: String, names: (String, String), counts: (Int, Int)) -> Self {
    .init(
      .badData, at: .init(file: folder),
      what: "\(names.0) has \(counts.0) and \(names.1) has \(counts.1) scans that can be compared",
      remedy: "each needs two at least")
  }

  static func noGroup(_ name: String, _ folder: String, has names: [String]) -> Self {
    .init(
      .usage, at: .init(file: folder), what: "there is no group \(name)",
      remedy: names.isEmpty
        ? "fill in the column group of the study's table, and run pellucid cohort again"
        : NearMiss.remedy(for: name, among: names, noun: "the groups are"))
  }

  static func whichGroups(_ folder: String, _ names: [String]) -> Self {
    .init(
      .usage, at: .init(file: folder),
      what: names.isEmpty
        ? "no scan has a group"
        : names.count == 1
          ? "all scans are of one group (\(names[0]))"
          : "there are \(names.count) groups (\(names.joined(separator: ", ")))",
      remedy: names.count < 2
        ? "fill in the column group of the study's table, and run pellucid cohort again"
        : "name the two to `compare`, as in \(names[0]),\(names[1])")
  }

  static func noSession(_ name: String, _ folder: String, has names: [String]) -> Self {
    .init(
      .usage, at: .init(file: folder), what: "there is no visit \(name)",
      remedy: names.isEmpty
        ? "fill in the column session_id of the study's table"
        : NearMiss.remedy(for: name, among: names, noun: "the visits are"))
  }

  static func covariatesOfPairs() -> Self {
    .init(
      .usage, what: "the differences of two visits have no `covariates`", why: "each subject is its own control",
      remedy: "leave `covariates` out")
  }

  static func positiveMissing() -> Self {
    .init(
      .usage, what: "outcomes need to know which class is the positive one", remedy: "name it as `positive`")
  }

  static func groupsAreNoClasses(_ folder: String, _ groups: [String], classes: [String]) -> Self {
    .init(
      .badData, at: .init(file: folder),
      what: "the groups (\(groups.joined(separator: ", "))) are not called like the network's classes",
      why: "those are \(classes.joined(separator: ", "))",
      remedy: "call them alike in the study's table and the card's classes")
  }
}

extension PellucidError {
  static func otherGrid(_ path: String, than first: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the map lies on another grid than \(first)",
      why: "voxels can be compared in a common space alone",
      remedy: "explain with `space` atlas, or scans that were brought to one template")
  }

  static func noMaps(_ folder: String) -> Self {
    .init(
      .badData, at: .init(file: folder), what: "the scans that are compared have no maps",
      remedy: "run pellucid cohort with `keep` maps")
  }

  static func nothingVaries(_ method: String) -> Self {
    .init(
      .badData, what: "the maps of \(method) cannot be compared",
      why: "they are empty, or the covariates leave nothing of the groups", remedy: "leave the method or covariates out"
    )
  }

  static func fewReferences(_ folder: String, _ group: String, _ count: Int, covariates: Int) -> Self {
    .init(
      .badData, at: .init(file: folder), what: "\(group) has \(count) scans that can be a reference",
      why: covariates > 0 ? "\(covariates) covariates are regressed out" : "",
      remedy: "norms need \(covariates + 3) at least")
  }

  static func noNorms(_ path: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "it holds no norms", remedy: "name a file that pellucid cohort norms wrote"
    )
  }

  static func strangeCovariate(_ path: String?, _ name: String, has names: [String]) -> Self {
    .init(
      .usage, at: .init(file: path), what: "the norms have no covariate \(name)",
      remedy: names.isEmpty ? "leave it out" : NearMiss.remedy(for: name, among: names, noun: "they have"))
  }

  static func covariateOfPatient(_ path: String?, _ name: String) -> Self {
    .init(
      .usage, at: .init(file: path), what: "the norms need the patient's \(name)",
      why: "it was regressed out of the references",
      remedy: "give it as `covariate` \(name)=VALUE")
  }

  static func normsOfOtherModel(_ path: String?, than model: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the norms are of another model than \(model)",
      remedy: "make norms with this one")
  }

  static func normsOfOtherTarget(_ path: String?, _ target: String, _ asked: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the norms are of relevance for \(target), not \(asked)",
      remedy: "give `target` \(target)")
  }

  static func normsOfOtherScore(_ path: String?, _ score: String, _ asked: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the norms are of the \(score), not of the \(asked)",
      remedy: "give `score` \(score)")
  }

  static func normsOfOtherMethod(_ path: String?, _ method: String, has methods: [String]) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the norms have no method \(method)",
      remedy: NearMiss.remedy(for: method, among: methods, noun: "they have"))
  }
}

extension PellucidError {
  static func normsOfOtherAtlas(_ path: String?, _ atlas: String) -> Self {
    .init(
      .badData, at: .init(file: path), what: "the norms have none of the regions of \(atlas)",
      remedy: "give the atlas of the cohort")
  }
}
