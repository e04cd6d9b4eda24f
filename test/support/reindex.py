"""Reindexes through the address in the first argument as the second says, and prints the task's result."""
import json
import sys

from opensearchpy import OpenSearch

url, asked = sys.argv[1:]
client = OpenSearch(url)
task = client.reindex(body=json.loads(asked), params={"wait_for_completion": "false"})["task"]
print(json.dumps(client.tasks.get(task_id=task, params={"wait_for_completion": "true"})))
