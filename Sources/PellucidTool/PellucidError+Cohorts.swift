import PellucidFaults

extension PellucidError {
  static func shardText(_ text: String) -> Self {
    .init(.usage, what: "--shard \(text) is no part of several", remedy: "write it as I/N, from 1/N to N/N")
  }

  static func scansFailed(_ count: Int, of all: Int, _ cohort: String) -> Self {
    .init(
      .badData, at: .init(file: cohort),
      what: "\(count) of \(all) scans cannot be used", why: "the lines above and predictions.tsv say why",
      remedy: "mend them and run the command again: what is done is kept")
  }
}

extension PellucidError {
  static func twoNames(_ option: String, _ text: String) -> Self {
    .init(.usage, what: "--\(option) \(text) names no two", remedy: "write them as A,B")
  }
}

extension PellucidError {
  static func placeholder(_ text: String) -> Self {
    .init(
      .usage, what: "--atlas \(text) has no placeholder that is known", remedy: "write {participant_id} or {session_id}"
    )
  }

  static func filterText(_ text: String) -> Self {
    .init(.usage, what: "--filter \(text) is not KEY=LABEL", remedy: "write it as run=1, several separated by commas")
  }
}

extension PellucidError {
  static func normsWithoutAtlas() -> Self {
    .init(.usage, what: "--norms needs --atlas", why: "norms are of regions", remedy: "give the cohort's atlas")
  }

  static func covariateText(_ text: String) -> Self {
    .init(.usage, what: "--covariate \(text) is not NAME=NUMBER", remedy: "write it as --covariate age=73")
  }
}
