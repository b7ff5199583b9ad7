public import PellucidAttribution
public import PellucidNetworks

/// What an explanation is: everything that is needed to make its map again, to judge it, and to find its files.
///
/// The explainer makes it from what it did; ``ResultWriter`` adds the files; it stands beside them as `STEM_METHOD.json`.
///
///     let result = try ResultFolder("results").results()[0]
///     result.record.options        // {"composite": "epsilon-plus", "epsilon": "1e-06", …}: the values in force
///     try result.volume()          // the map
public struct ResultRecord: Codable, Equatable, Sendable {
  /// The form of record that this version writes and reads.
  public static let currentSchema = "pellucid-result/1"

  /// Which form of record it is.
  public var schema = ResultRecord.currentSchema
  /// Pellucid's version.
  public var pellucid: String
  /// The scan as the user named it: a path, or several joined with `+`.
  public var image: String
  /// The files it was read from.
  public var scan: [FileDigest]
  /// What the network's further inputs that are numbers do to the score; nil: there are none.
  public var inputShares: [InputShare]?
  /// The network.
  public var model: Model
  /// Every key of the model card with the value in force.
  public var card: JSONValue
  /// The card's file; nil: there was none.
  public var cardFile: String?
  /// The method's name.
  public var method: String
  /// Where the method was published.
  public var paper: String
  /// The value in force of each of its options, as text that the command line reads.
  public var options: JSONValue
  /// What was explained.
  public var target: Target
  /// On which scale.
  public var score: ScoreKind
  /// The value of that for the scan.
  public var scoreValue: Double
  /// The network's outputs, by class.
  public var scores: [Float]
  /// The probabilities, by class; nil where the outputs have none.
  public var probabilities: [Float]?
  /// How the outputs become probabilities.
  public var activation: OutputActivation
  /// The classes' names.
  public var classes: [String]
  /// The class with the highest score; nil for a single value.
  public var predicted: String?
  /// How the map's values behave when the grid changes.
  public var measure: Relevance.Measure
  /// ΣR on the model's grid.
  public var sumOfRelevance: Double
  /// ΣR of the volume that is written: where values add up, the two differ by what lay on padding alone.
  public var sumOfVolume: Double
  /// What the method says of its map.
  public var facts: JSONValue
  /// The map's grid.
  public var map: Grid
  /// The grid on which the network looked.
  public var modelGrid: Grid
  /// The atlas of the region table; nil: there was none.
  public var atlas: Atlas?
  /// Whether scan and atlas lie where they say.
  public var alignment: Alignment
  /// What was mended or decided on the way.
  public var notes: [Remark]
  /// How long it took; nil, as the next three, where a result's bytes shall not depend on who computed it.
  public var seconds: Seconds?
  /// The passes over the network that the method made; nil also in records of versions that did not count them.
  public var passes: PassCount?
  /// Threads that computed.
  public var threads: Int?
  /// What activations were allowed to take, bytes.
  public var memoryLimitBytes: Int?
  /// The library that did the arithmetic, with its version.
  public var library: String
  /// The result's files by role, in the order in which they were written; empty before it is written.
  public var files = Files()

  package init(
    pellucid: String, image: String, scan: [FileDigest], model: Model, card: JSONValue, cardFile: String?,
    method: String, paper: String, options: JSONValue, target: Target, score: ScoreKind, scoreValue: Double,
    scores: [Float], probabilities: [Float]?, activation: OutputActivation, classes: [String], predicted: String?,
    measure: Relevance.Measure, sumOfRelevance: Double, sumOfVolume: Double, facts: JSONValue, map: Grid,
    modelGrid: Grid, atlas: Atlas?, alignment: Alignment, notes: [Remark], seconds: Seconds, threads: Int,
    passes: PassCount? = nil, memoryLimitBytes: Int, library: String
  ) {
    self.pellucid = pellucid
    self.image = image
    self.scan = scan
    self.model = model
    self.card = card
    self.cardFile = cardFile
    self.method = method
    self.paper = paper
    self.options = options
    self.target = target
    self.score = score
    self.scoreValue = scoreValue
    self.scores = scores
    self.probabilities = probabilities
    self.activation = activation
    self.classes = classes
    self.predicted = predicted
    self.measure = measure
    self.sumOfRelevance = sumOfRelevance
    self.sumOfVolume = sumOfVolume
    self.facts = facts
    self.map = map
    self.modelGrid = modelGrid
    self.atlas = atlas
    self.alignment = alignment
    self.notes = notes
    self.seconds = seconds
    self.passes = passes
    self.threads = threads
    self.memoryLimitBytes = memoryLimitBytes
    self.library = library
  }

  /// A file and what it holds.
  public struct FileDigest: Codable, Hashable, Sendable {
    /// Its path, as the user gave it.
    public var name: String
    /// SHA-256, 64 hexadecimal digits.
    public var sha256: String

    package init(name: String, sha256: String) {
      self.name = name
      self.sha256 = sha256
    }
  }

  /// A further input of the network, such as an age, and its part in the score.
  public struct InputShare: Codable, Hashable, Sendable {
    /// The graph input's name.
    public var name: String
    /// Its values.
    public var values: [Float]
    /// ∂score/∂value of each, on the scale that is explained.
    public var gradient: [Float]
    /// Σ value·∂score/∂value.
    public var gradientTimesInput: Double
    /// What the score loses when all of its values are 0.
    public var scoreDrop: Double

    package init(
      name: String, values: [Float], gradient: [Float], gradientTimesInput: Double, scoreDrop: Double
    ) {
      self.name = name
      self.values = values
      self.gradient = gradient
      self.gradientTimesInput = gradientTimesInput
      self.scoreDrop = scoreDrop
    }

    enum CodingKeys: String, CodingKey {
      case name, values, gradient
      case gradientTimesInput = "gradient_x_input"
      case scoreDrop = "score_drop"
    }
  }

  /// The network's file, and those beside it that hold weights of it.
  public struct Model: Codable, Hashable, Sendable {
    /// Its path, as the user gave it.
    public var file: String
    /// SHA-256 of that file alone, 64 hexadecimal digits.
    public var sha256: String
    /// The files beside it that hold weights (ONNX external data), with theirs; nil: all weights are in the model's own file.
    public var weights: [FileDigest]?
    /// Version of ONNX's operator set.
    public var opset: Int
    /// What wrote the file.
    public var producer: String

    package init(file: String, sha256: String, weights: [FileDigest]?, opset: Int, producer: String) {
      self.file = file
      self.sha256 = sha256
      self.weights = weights
      self.opset = opset
      self.producer = producer
    }
  }

  /// A weighted sum of the outputs.
  public struct Target: Codable, Hashable, Sendable {
    /// As it was asked for, such as `AD` or `AD-CN`.
    public var name: String
    /// Weight of each class.
    public var weights: [Float]
    /// The names that the weights belong to: the classes of the output that is explained, which need not be the card's.
    public var classes: [String]

    package init(name: String, weights: [Float], classes: [String]) {
      self.name = name
      self.weights = weights
      self.classes = classes
    }
  }

  /// A voxel grid in the world.
  public struct Grid: Codable, Hashable, Sendable {
    /// Whose grid it is: `scan`, `model` or `atlas`; nil where that is said by the key.
    public var space: String?
    /// Extents along i, j, k.
    public var shape: [Int]
    /// Volumes along the fourth axis; nil where there is no map on it.
    public var channels: Int?
    /// Voxel indices → world, mm, RAS+; 4 × 4, row by row.
    public var affine: [Double]

    package init(space: String?, shape: [Int], channels: Int?, affine: [Double]) {
      self.space = space
      self.shape = shape
      self.channels = channels
      self.affine = affine
    }
  }

  /// The atlas.
  public struct Atlas: Codable, Hashable, Sendable {
    /// Its name.
    public var name: String
    /// How many regions it has.
    public var regions: Int
    /// How voxels belong to regions: `labels` or `probability`.
    public var weights: String
    /// What brought it to the scan.
    public var transforms: [Transform]
    /// What it was read from, image and label file; nil in records that were written without.
    public var files: [FileDigest]?

    package init(name: String, regions: Int, weights: String, transforms: [Transform], files: [FileDigest]) {
      self.files = files
      self.name = name
      self.regions = regions
      self.weights = weights
      self.transforms = transforms
    }

    /// A file that brought the atlas to the scan.
    public struct Transform: Codable, Hashable, Sendable {
      /// As the user gave it.
      public var given: String
      /// Of which kind it is.
      public var kind: String

      package init(given: String, kind: String) {
        self.given = given
        self.kind = kind
      }
    }
  }

  /// Whether scan and atlas lie on each other.
  public struct Alignment: Codable, Hashable, Sendable {
    /// Overlap of the two heads, 0…1; nil: not measured.
    public var overlap: Double?
    /// Distance of their centres, mm; nil: not measured.
    public var distanceMm: Double?

    package init(overlap: Double?, distanceMm: Double?) {
      self.overlap = overlap
      self.distanceMm = distanceMm
    }
  }

  /// Something that was mended or decided.
  public struct Remark: Codable, Hashable, Sendable {
    /// What was found.
    public var what: String
    /// What was done about it.
    public var how: String

    package init(what: String, how: String) {
      self.what = what
      self.how = how
    }
  }

  /// Times.
  public struct Seconds: Codable, Hashable, Sendable {
    /// In the method alone.
    public var method: Double

    package init(method: Double) {
      self.method = method
    }
  }
}

extension ResultRecord {
  /// The files of a result by role.
  public struct Files: Codable, Equatable, Sendable {
    /// A file of the result.
    public struct Entry: Hashable, Sendable {
      /// What it is: `volume`, `picture`, `regions`, `matrix`, `matrix_picture`, or the name of a method's own table.
      public var role: String
      /// Its name in the record's folder.
      public var name: String
      /// SHA-256, 64 hexadecimal digits.
      public var sha256: String

      package init(role: String, name: String, sha256: String) {
        (self.role, self.name, self.sha256) = (role, name, sha256)
      }
    }

    /// The files.
    public var entries: [Entry] = []

    /// No files.
    public init() {}

    /// The file of a role; nil: there is none.
    public subscript(role: String) -> Entry? { entries.first { $0.role == role } }

    private struct Named: Codable { var name, sha256: String }

    /// Reads an object with a key a role.
    public init(from decoder: any Decoder) throws {
      let object = try decoder.container(keyedBy: JSONKey.self)
      entries = try object.allKeys.sorted { $0.stringValue < $1.stringValue }.map { key in
        let file = try object.decode(Named.self, forKey: key)
        return Entry(role: key.stringValue, name: file.name, sha256: file.sha256)
      }
    }

    /// Writes an object with a key a role.
    public func encode(to encoder: any Encoder) throws {
      var object = encoder.container(keyedBy: JSONKey.self)
      for entry in entries {
        try object.encode(Named(name: entry.name, sha256: entry.sha256), forKey: JSONKey(entry.role))
      }
    }

    /// Whether both have the same files, in whatever order.
    public static func == (a: Files, b: Files) -> Bool { Set(a.entries) == Set(b.entries) }
  }
}
