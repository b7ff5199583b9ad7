internal import FoundationEssentials
internal import PellucidFaults
internal import PellucidFiles
internal import PellucidResults

/// What a cohort's folder knows of a visit: what was asked, what the network answered, which results there are, or why there are none.
///
/// It is written last, together with the results; what it says of them is their digests, so that a run that was cut short is noticed.
struct SubjectRecord: Codable, Sendable {
  static let currentSchema = "pellucid-cohort-subject/1"

  enum Status: String, Codable, Sendable {
    /// Explained.
    case ok
    /// Explained, but the scan does not lie where the atlas, or it itself, says.
    case misregistered
    /// Not explained.
    case failed
  }

  /// A method's result.
  struct Result: Codable, Equatable, Sendable {
    /// The method as it was named, such as `lrp:composite=epsilon`.
    var method: String
    /// What its files begin with.
    var start: String
    /// Its record's file.
    var record: ResultRecord.FileDigest
    /// What was explained.
    var target: String
    /// The method and its options as asked for.
    var request: JSONValue
    /// The part of Σ|R| outside of the head.
    var outsideHead: Double?
    /// What ΣR has too much for the difference of scores that it shares out, where the method says so.
    var completenessResidual: Double?

    enum CodingKeys: String, CodingKey {
      case method, start, record, target, request
      case outsideHead = "outside_head"
      case completenessResidual = "completeness_residual"
    }
  }

  var schema = Self.currentSchema
  var participant: String
  var session: String?
  var status: Status
  var reason: String?
  /// Everything that all methods' results depend on, but for the scan.
  var request: JSONValue
  var scan: [ResultRecord.FileDigest]
  var classes: [String] = []
  var predicted: String?
  var scores: [Float] = []
  var probabilities: [Float]?
  /// The models whose answers were averaged, by file name.
  var models: [String] = []
  var alignment: ResultRecord.Alignment?
  /// Whether regions are the subject's own: those of its own segmentation.
  var hasOwnRegions = false
  var results: [Result] = []

  enum CodingKeys: String, CodingKey {
    case schema
    case participant = "participant_id"
    case session = "session_id"
    case status, reason, request, scan, classes, predicted, scores, probabilities, models, alignment
    case hasOwnRegions = "own_regions"
    case results
  }

  /// The name of a visit's file.
  static func fileName(of visit: BIDSName) -> String { visit.stem + "_prediction.json" }

  /// Reads a visit's file; nil where there is none, or one that this version did not write.
  init?(at path: String) {
    guard let bytes = FileContents.bytes(of: path, isInput: false),
      let read = try? JSONDecoder().decode(SubjectRecord.self, from: Data(bytes)), read.schema == Self.currentSchema
    else { return nil }
    self = read
  }

  init(of visit: BIDSName, status: Status, reason: String?, request: JSONValue, scan: [ResultRecord.FileDigest]) {
    participant = visit.participantID
    session = visit.sessionID
    (self.status, self.reason, self.request, self.scan) = (status, reason, request, scan)
  }

  /// The file's text.
  var text: String { JSONValue(of: self).text(pretty: true) + "\n" }
}
