public import PellucidExplaining
public import PellucidFaults
internal import PellucidNetworks
public import PellucidResults
internal import PellucidVolumes

/// What a view of a network is: what is needed to make it again, and its files; it stands beside them as `NAME.json`.
public struct ViewRecord: Codable, Equatable, Sendable {
  /// The form of record that this version writes and reads.
  public static let currentSchema = "pellucid-view/1"

  /// Which form of record it is.
  public var schema = ViewRecord.currentSchema
  /// Pellucid's version.
  public var pellucid: String
  /// The command that made it, such as `features`.
  public var view: String
  /// The scan as the user named it; nil: the view needs none.
  public var image: String?
  /// The files it was read from; nil without a scan.
  public var scan: [ResultRecord.FileDigest]?
  /// The network.
  public var model: ResultRecord.Model
  /// The layers that it is about, by their tensors' names.
  public var layers: [String]
  /// The options with the values in force; an object.
  public var options: JSONValue
  /// What was found; an object.
  public var facts: JSONValue
  /// What was mended or decided on the way.
  public var notes: [ResultRecord.Remark]
  /// How long it took, without reading and writing.
  public var seconds: Double
  /// Threads that computed.
  public var threads: Int
  /// The library that did the arithmetic, with its version.
  public var library: String
  /// The view's files by role; ``ViewWriter`` enters them.
  public var files = ResultRecord.Files()

  /// The record of a view.
  ///
  /// - Parameters:
  ///   - view: the command's name.
  ///   - explainer: whose network it is.
  ///   - subject: the scan; nil: none was looked at.
  ///   - notes: besides those of the scan.
  /// - Throws: `.badData` where the scan's file is gone.
  public init(
    view: String, of explainer: Explainer, subject: Explainer.Case? = nil, layers: [String] = [],
    options: JSONValue = .object([]), facts: JSONValue = .object([]), notes: [Note] = [], seconds: Double
  ) throws(PellucidError) {
    pellucid = pellucidVersion
    self.view = view
    image = subject?.scan.text
    scan = try subject?.files()
    model = explainer.modelRecord
    (self.layers, self.options, self.facts, self.seconds) = (layers, options, facts, seconds)
    self.notes = ((subject?.notes ?? []) + notes).map { .init(what: $0.what, how: $0.how) }
    threads = Engine.threads
    library = Engine.library
  }

  /// Writes every key but those of a scan that was not there, in the order in which they stand above.
  public func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: CodingKeys.self)
    try object.encode(schema, forKey: .schema)
    try object.encode(pellucid, forKey: .pellucid)
    try object.encode(view, forKey: .view)
    try object.encodeIfPresent(image, forKey: .image)
    try object.encodeIfPresent(scan, forKey: .scan)
    try object.encode(model, forKey: .model)
    try object.encode(layers, forKey: .layers)
    try object.encode(options, forKey: .options)
    try object.encode(facts, forKey: .facts)
    try object.encode(notes, forKey: .notes)
    try object.encode(seconds, forKey: .seconds)
    try object.encode(threads, forKey: .threads)
    try object.encode(library, forKey: .library)
    try object.encode(files, forKey: .files)
  }

  /// The record as JSON.
  public var json: JSONValue { JSONValue(of: self) }
}
