"""In which order the agents reason: LangGraph graphs. The only package that imports langgraph."""
