internal import FoundationEssentials
public import PellucidAttribution
public import PellucidFaults
internal import PellucidFiles
public import PellucidNetworks

extension ScoreKind: Codable {}
extension OutputActivation: Codable {}
extension Relevance.Measure: Codable {}

extension ResultRecord {
  enum CodingKeys: String, CodingKey {
    case schema, pellucid, image, scan, model, card
    case cardFile = "card_file"
    case method, paper, options, target, score
    case scoreValue = "score_value"
    case scores, probabilities, activation, classes, predicted, measure
    case sumOfRelevance = "sum_of_relevance"
    case sumOfVolume = "sum_of_volume"
    case inputShares = "input_shares"
    case facts, map
    case modelGrid = "model_grid"
    case atlas, alignment, notes, seconds, passes, threads
    case memoryLimitBytes = "memory_limit_bytes"
    case library, files
  }

  /// Writes every key, also those that are null, in the order in which they stand above.
  public func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: CodingKeys.self)
    try object.encode(schema, forKey: .schema)
    try object.encode(pellucid, forKey: .pellucid)
    try object.encode(image, forKey: .image)
    try object.encode(scan, forKey: .scan)
    try object.encode(model, forKey: .model)
    try object.encode(card, forKey: .card)
    try object.encode(cardFile, forKey: .cardFile)
    try object.encode(method, forKey: .method)
    try object.encode(paper, forKey: .paper)
    try object.encode(options, forKey: .options)
    try object.encode(target, forKey: .target)
    try object.encode(score, forKey: .score)
    try object.encode(scoreValue, forKey: .scoreValue)
    try object.encode(scores, forKey: .scores)
    try object.encodeIfPresent(probabilities, forKey: .probabilities)
    try object.encode(activation, forKey: .activation)
    try object.encode(classes, forKey: .classes)
    try object.encode(predicted, forKey: .predicted)
    try object.encode(measure, forKey: .measure)
    try object.encode(sumOfRelevance, forKey: .sumOfRelevance)
    try object.encode(sumOfVolume, forKey: .sumOfVolume)
    try object.encodeIfPresent(inputShares, forKey: .inputShares)
    try object.encode(facts, forKey: .facts)
    try object.encode(map, forKey: .map)
    try object.encode(modelGrid, forKey: .modelGrid)
    try object.encodeIfPresent(atlas, forKey: .atlas)
    try object.encode(alignment, forKey: .alignment)
    try object.encode(notes, forKey: .notes)
    try object.encodeIfPresent(seconds, forKey: .seconds)
    try object.encodeIfPresent(passes, forKey: .passes)
    try object.encodeIfPresent(threads, forKey: .threads)
    try object.encodeIfPresent(memoryLimitBytes, forKey: .memoryLimitBytes)
    try object.encode(library, forKey: .library)
    try object.encode(files, forKey: .files)
  }

  /// The record as JSON.
  public var json: JSONValue { JSONValue(of: self) }

  /// Whether bytes begin as a record does.
  static func hasBegun(_ bytes: [UInt8]) -> Bool {
    String(decoding: bytes.prefix(200), as: UTF8.self).contains("\"pellucid-result/")
  }

  /// Reads a record's file.
  /// - Throws: `.badData` where it cannot be read or is no record.
  public init(contentsOf path: String) throws(PellucidError) {
    guard let bytes = FileContents.bytes(of: path, isInput: false) else { throw .unreadableRecord(path) }
    do { self = try JSONDecoder().decode(ResultRecord.self, from: Data(bytes)) } catch {
      throw .notARecord(path, isDamaged: Self.hasBegun(bytes), cause: error)
    }
    guard schema == Self.currentSchema else { throw .otherSchema(path, schema) }
  }
}

extension ResultRecord.Alignment {
  enum CodingKeys: String, CodingKey {
    case overlap
    case distanceMm = "distance_mm"
  }

  /// Writes both keys, also where they are null.
  public func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: CodingKeys.self)
    try object.encode(overlap, forKey: .overlap)
    try object.encode(distanceMm, forKey: .distanceMm)
  }
}
