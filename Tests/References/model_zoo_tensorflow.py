"""Small 3D classifiers in TensorFlow (channels last), exported by tf2onnx; scores and gradients by GradientTape (float32: pools know no other).

    python3 Tests/References/model_zoo_tensorflow.py FOLDER

Run by make_models.py. Made with TensorFlow 2.16.2 and tf2onnx 1.16.1.
"""

import os
import pathlib
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf
import tf2onnx

OPSETS = (13, 17)


class Network(tf.Module):
    """Weights by name, made once."""

    def __init__(self, body, seed):
        super().__init__()
        self.body, self.rng, self.weights = body, np.random.default_rng(seed), {}

    def weight(self, name, shape, scale=None, low=None):
        if name not in self.weights:
            fan = np.prod(shape[:-1]) if len(shape) > 1 else 1
            value = self.rng.uniform(low, low + 1, shape) if low is not None else self.rng.normal(0, scale or np.sqrt(2 / fan), shape)
            self.weights[name] = value.astype(np.float32)
        return tf.constant(self.weights[name])

    def conv(self, x, name, width, kernel=3, stride=1, padding="SAME", dilation=1, bias=True):
        w = self.weight(name + ".w", (kernel, kernel, kernel, x.shape[-1], width))
        y = tf.nn.conv3d(x, w, [1, stride, stride, stride, 1], padding, dilations=[1, dilation, dilation, dilation, 1])
        return tf.nn.bias_add(y, self.weight(name + ".b", (width,), 0.1)) if bias else y

    def norm(self, x, name):
        c = (x.shape[-1],)
        return tf.nn.batch_normalization(
            x, self.weight(name + ".mean", c, 0.2), self.weight(name + ".variance", c, low=0.5), self.weight(name + ".shift", c, 0.1),
            self.weight(name + ".scale", c, low=0.6), 1e-3)

    def dense(self, x, name, width):
        return tf.matmul(x, self.weight(name + ".w", (x.shape[-1], width))) + self.weight(name + ".b", (width,), 0.1)

    def __call__(self, x):
        return self.body(self, x)


def flat(x):
    return tf.reshape(x, [-1, int(np.prod(x.shape[1:]))])


def plain(n, x):
    for place, width in enumerate((4, 6, 8)):
        x = tf.nn.relu(n.norm(n.conv(x, f"conv{place}", width), f"norm{place}"))
        x = tf.nn.max_pool3d(x, 2, 2, "VALID")
    return n.dense(tf.nn.relu(n.dense(flat(x), "one", 12)), "two", 2)


def residual(n, x):
    x = tf.nn.relu(n.norm(n.conv(x, "stem", 4, 7, 2), "stem.norm"))
    x = tf.nn.max_pool3d(x, 3, 2, "SAME")
    for place, (width, stride) in enumerate(((4, 1), (8, 2))):
        y = tf.nn.relu(n.norm(n.conv(x, f"{place}a", width, stride=stride, bias=False), f"{place}a.norm"))
        y = n.norm(n.conv(y, f"{place}b", width, bias=False), f"{place}b.norm")
        x = tf.nn.relu(y + (x if x.shape[-1] == width else n.norm(n.conv(x, f"{place}c", width, 1, stride, bias=False), f"{place}c.norm")))
    return n.dense(tf.reduce_mean(x, [1, 2, 3]), "head", 3)


def densely(n, x):
    x = n.conv(x, "stem", 4, 3, 2)
    for place in range(3):
        x = tf.concat([x, n.conv(tf.nn.relu(n.norm(x, f"norm{place}")), f"conv{place}", 3)], -1)
    x = tf.nn.avg_pool3d(tf.nn.elu(x), 2, 2, "SAME")
    return n.dense(tf.reduce_max(x, [1, 2, 3]), "head", 2)


def gated(n, x):
    x = tf.nn.leaky_relu(n.conv(x, "one", 4, dilation=2, padding="VALID"), 0.1)
    pooled = tf.reduce_mean(x, [1, 2, 3], keepdims=True)
    gate = tf.sigmoid(n.dense(tf.nn.swish(n.dense(pooled, "down", 3)), "up", 4))
    x = tf.nn.avg_pool3d(x * gate, 2, 2, "VALID")
    mean, variance = tf.nn.moments(x, [1, 2, 3], keepdims=True)
    x = tf.nn.gelu((x - mean) / tf.sqrt(variance + 1e-3) * n.weight("scale", (4,), low=0.6))
    return n.dense(flat(x), "head", 2)


def attentive(n, x):
    t = n.conv(x, "patch", 8, 4, 4, "VALID")
    t = tf.reshape(t, [-1, int(np.prod(t.shape[1:4])), 8])
    mean, variance = tf.nn.moments(t, [-1], keepdims=True)
    u = (t - mean) * tf.math.rsqrt(variance + 1e-6)
    heads = [tf.transpose(tf.reshape(n.dense(tf.reshape(u, [-1, 8]), part, 8), [-1, t.shape[1], 2, 4]), [0, 2, 1, 3]) for part in "qkv"]
    scores = tf.nn.softmax(tf.matmul(heads[0], heads[1], transpose_b=True) * 0.5)
    t = t + tf.reshape(tf.transpose(tf.matmul(scores, heads[2]), [0, 2, 1, 3]), [-1, t.shape[1], 8])
    return n.dense(tf.reduce_mean(t, 1), "head", 3)


ZOO = {
    "TensorFlow plain CNN": (plain, (16, 18, 20, 1), tf.nn.softmax),
    "TensorFlow ResNet": (residual, (24, 28, 26, 1), None),
    "TensorFlow dense CNN, two channels": (densely, (12, 14, 13, 2), None),
    "TensorFlow gated CNN": (gated, (12, 14, 12, 1), tf.nn.softmax),
    "TensorFlow ViT": (attentive, (8, 12, 8, 1), None),
}


def main():
    out = pathlib.Path(sys.argv[1])
    for seed, (name, (body, shape, final)) in enumerate(ZOO.items()):
        folder = out / name.lower().replace(" ", "_").replace(",", "")
        if (folder / "reference.npz").exists():
            continue
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "name.txt").write_text(name)
        network = Network(body, seed)
        image = np.random.default_rng(100 + seed).normal(size=(1, *shape)).astype(np.float32)
        network(tf.constant(image))
        answer = tf.function(lambda x: final(network(x)) if final else network(x))
        for opset in OPSETS:
            tf2onnx.convert.from_function(
                answer, input_signature=[tf.TensorSpec((None, *shape), tf.float32, name="image")], opset=opset,
                output_path=str(folder / f"tf2onnx{opset}.onnx"))
        x = tf.constant(image)
        with tf.GradientTape() as tape:
            tape.watch(x)
            scores = network(x)
            score = scores[0, 1]
        gradient = tape.gradient(score, x).numpy()[0]
        np.savez(folder / "reference.npz", image=np.moveaxis(image[0], -1, 0), scores=scores.numpy()[0], gradient=np.moveaxis(gradient, -1, 0))
        print(name, scores.numpy()[0], flush=True)


if __name__ == "__main__":
    main()
